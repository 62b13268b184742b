namespace Fulgurite.IO.Pickle;

/// <summary>A tuple.</summary>
internal sealed class PickleTuple(object?[] items) : PickleNode
{
    public static readonly PickleTuple Empty = new([]);

    public object?[] Items { get; } = items;
}
