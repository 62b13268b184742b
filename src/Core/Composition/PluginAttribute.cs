namespace Fulgurite.Composition;

/// <summary>
/// The name by which a configuration asks for a strategy, <see cref="IO.CheckpointIO"/>, callback or logger. Names are compared without
/// case; two plug-ins of one kind need different ones.
/// </summary>
/// <param name="name">The name: short, lower case, words joined by hyphens.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class PluginAttribute(string name) : Attribute
{
    /// <summary>The name.</summary>
    public string Name { get; } = name;
}
