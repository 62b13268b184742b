namespace Fulgurite.IO.Pickle;

/// <summary>A list.</summary>
internal sealed class PickleList : PickleNode
{
    public List<object?> Items { get; } = [];
}
