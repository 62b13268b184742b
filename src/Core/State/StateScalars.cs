using System.Globalization;

namespace Fulgurite.State;

/// <summary>A double-precision number. Equality treats all NaN as equal and distinguishes the sign of zero.</summary>
/// <param name="value">The value.</param>
public sealed class StateReal(double value) : StateValue, IEquatable<StateReal>
{
    /// <summary>Gets the value.</summary>
    public double Value { get; } = value;

    /// <inheritdoc/>
    public bool Equals(StateReal? other) => other is not null && (
        BitConverter.DoubleToInt64Bits(Value) == BitConverter.DoubleToInt64Bits(other.Value)
            || (double.IsNaN(Value) && double.IsNaN(other.Value)));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as StateReal);

    /// <inheritdoc/>
    public override int GetHashCode() => Value.GetHashCode();

    /// <inheritdoc/>
    public override string ToString() => Value.ToString("R", CultureInfo.InvariantCulture);
}

/// <summary>A string.</summary>
/// <param name="value">The value.</param>
public sealed class StateText(string value) : StateValue, IEquatable<StateText>
{
    /// <summary>Gets the value.</summary>
    public string Value { get; } = value;

    /// <inheritdoc/>
    public bool Equals(StateText? other) => other is not null && string.Equals(Value, other.Value, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as StateText);

    /// <inheritdoc/>
    public override int GetHashCode() => Value.GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc/>
    public override string ToString() => Value;
}

/// <summary>A 64-bit integer.</summary>
/// <param name="value">The value.</param>
public sealed class StateInteger(long value) : StateValue, IEquatable<StateInteger>
{
    /// <summary>Gets the value.</summary>
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

/// <summary>A byte sequence that is not a tensor.</summary>
/// <param name="value">The bytes. They are not copied and must not change afterwards.</param>
public sealed class StateBytes(ReadOnlyMemory<byte> value) : StateValue, IEquatable<StateBytes>
{
    /// <summary>Gets the bytes.</summary>
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

/// <summary>The null value (Python's <c>None</c>).</summary>
public sealed class StateNull : StateValue
{
    private StateNull()
    {
    }

    internal static StateNull Instance { get; } = new();

    /// <inheritdoc/>
    public override string ToString() => "null";
}

/// <summary>A boolean.</summary>
/// <param name="value">The value.</param>
public sealed class StateBoolean(bool value) : StateValue, IEquatable<StateBoolean>
{
    /// <summary>Gets the value.</summary>
    public bool Value { get; } = value;

    /// <inheritdoc/>
    public bool Equals(StateBoolean? other) => other is not null && Value == other.Value;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as StateBoolean);

    /// <inheritdoc/>
    public override int GetHashCode() => Value.GetHashCode();

    /// <inheritdoc/>
    public override string ToString() => Value ? "true" : "false";
}
