using System.Globalization;

namespace Fulgurite.State;

/// <summary>A real number in double precision; two NaN are equal here, and the sign of zero counts.</summary>
/// <param name="value">The value.</param>
public sealed class StateReal(double value) : StateValue, IEquatable<StateReal>
{
    /// <summary>The value.</summary>
    public double Value { get; } = value;

    /// <inheritdoc/>
    public bool Equals(StateReal? other) => other is not null && (BitConverter.DoubleToInt64Bits(Value) == BitConverter.DoubleToInt64Bits(other.Value) || (double.IsNaN(Value) && double.IsNaN(other.Value)));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as StateReal);

    /// <inheritdoc/>
    public override int GetHashCode() => Value.GetHashCode();

    /// <inheritdoc/>
    public override string ToString() => Value.ToString("R", CultureInfo.InvariantCulture);
}
