namespace Fulgurite.IO.Pickle;

/// <summary>The name of a class or function. Nothing is ever looked up by it.</summary>
internal sealed class PickleGlobal(string name) : PickleNode
{
    /// <summary>The module and the name in it, with a dot between.</summary>
    public string Name { get; } = name;
}
