namespace Fulgurite.IO.Safetensors;

/// <summary>How the tree names a tensor: an entry, and whether the tensor is that entry as it stands or a view of it.</summary>
/// <param name="Name">The name of the entry.</param>
/// <param name="IsView">Whether type, shape, strides and offset are written beside the name.</param>
/// <param name="Offset">Where in the entry the view starts, in elements of its own type.</param>
internal readonly record struct TensorReference(string Name, bool IsView, long Offset)
{
    /// <summary>Whether the entry has no gaps where the tensor has some.</summary>
    public bool IsGathered { get; init; }
}
