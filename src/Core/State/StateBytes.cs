namespace Fulgurite.State;

/// <summary>Bytes that are no tensor.</summary>
/// <param name="value">The bytes; not copied, so they must not change afterwards.</param>
public sealed class StateBytes(ReadOnlyMemory<byte> value) : StateValue, IEquatable<StateBytes>
{
    /// <summary>The bytes.</summary>
    public ReadOnlyMemory<byte> Value { get; } = value;

    /// <inheritdoc/>
    public bool Equals(StateBytes? other) => other is not null && Value.Span.SequenceEqual(other.Value.Span);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as StateBytes);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.AddBytes(Value.Span);
        return hash.ToHashCode();
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Value.Length} bytes";
}
