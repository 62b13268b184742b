namespace Fulgurite.State;

/// <summary>
/// A tensor with an element type that TorchSharp does not support, such as <c>F8_E4M3</c> or <c>torch.uint16</c>. The other tensors of its
/// file load as usual. This one has only a type name and a shape, and no format can save it.
/// </summary>
/// <param name="typeName">The name of the element type in the file.</param>
/// <param name="shape">The size of each dimension.</param>
/// <param name="byteLength">The length of the elements in the file, in bytes.</param>
public sealed class UnsupportedTensor(string typeName, IReadOnlyList<long> shape, long byteLength) : StateValue, IEquatable<UnsupportedTensor>
{
    /// <summary>Gets the name of the element type in the file.</summary>
    public string TypeName { get; } = typeName;

    /// <summary>Gets the size of each dimension.</summary>
    public IReadOnlyList<long> Shape { get; } = shape;

    /// <summary>Gets the length of the elements in the file, in bytes.</summary>
    public long ByteLength { get; } = byteLength;

    /// <inheritdoc/>
    public bool Equals(UnsupportedTensor? other) =>
        other is not null && TypeName == other.TypeName && ByteLength == other.ByteLength && Shape.SequenceEqual(other.Shape);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as UnsupportedTensor);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(TypeName, ByteLength, Shape.Count);

    /// <inheritdoc/>
    public override string ToString() => $"{TypeName} tensor [{string.Join(", ", Shape)}] (an element type that TorchSharp lacks)";
}
