using System.Globalization;

namespace Fulgurite.State;

/// <summary>The key of a <see cref="StateMap"/>: a string, or an integer as in the <c>state</c> of PyTorch optimizers.</summary>
public readonly struct StateKey : IEquatable<StateKey>
{
    private readonly string? _text;
    private readonly long _number;

    /// <summary>Initializes a key from a string.</summary>
    /// <param name="text">The string.</param>
    public StateKey(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        _text = text;
    }

    /// <summary>Initializes a key from an integer.</summary>
    /// <param name="number">The integer.</param>
    public StateKey(long number) => _number = number;

    /// <summary>Gets a value that indicates whether the key is an integer.</summary>
    public bool IsNumber => _text is null;

    /// <summary>Gets the integer of the key.</summary>
    /// <exception cref="InvalidOperationException">The key is a string.</exception>
    public long Number => _text is null ? _number : throw new InvalidOperationException($"The key '{_text}' is a string, not an integer.");

    /// <summary>Converts a string to a key.</summary>
    /// <param name="text">The string.</param>
    public static implicit operator StateKey(string text) => new(text);

    /// <summary>Converts an integer to a key.</summary>
    /// <param name="number">The integer.</param>
    public static implicit operator StateKey(long number) => new(number);

    /// <summary>Returns whether two keys are equal.</summary>
    /// <param name="left">The first key.</param>
    /// <param name="right">The second key.</param>
    public static bool operator ==(StateKey left, StateKey right) => left.Equals(right);

    /// <summary>Returns whether two keys are different.</summary>
    /// <param name="left">The first key.</param>
    /// <param name="right">The second key.</param>
    public static bool operator !=(StateKey left, StateKey right) => !left.Equals(right);

    /// <inheritdoc/>
    public bool Equals(StateKey other) => _number == other._number && string.Equals(_text, other._text, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is StateKey other && Equals(other);

    /// <inheritdoc/>
    /// <remarks>Seeded per process, so that a file cannot contain colliding keys on purpose.</remarks>
    public override int GetHashCode() =>
        _text is null ? HashCode.Combine((int)_number, (int)(_number >> 32)) : _text.GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc/>
    public override string ToString() => _text ?? _number.ToString(CultureInfo.InvariantCulture);
}
