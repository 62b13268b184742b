using System.Globalization;

namespace Fulgurite.State;

/// <summary>An integer of 64 bits.</summary>
/// <param name="value">The value.</param>
public sealed class StateInteger(long value) : StateValue, IEquatable<StateInteger>
{
    /// <summary>The value.</summary>
    public long Value { get; } = value;

    /// <inheritdoc/>
    public bool Equals(StateInteger? other) => other is not null && Value == other.Value;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as StateInteger);

    /// <inheritdoc/>
    public override int GetHashCode() => Value.GetHashCode();

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
