using System.Globalization;

namespace Fulgurite.State;

/// <summary>The key of a <see cref="StateMap"/>: a text, or an integer as in the <c>state</c> of PyTorch's optimizers.</summary>
public readonly struct StateKey : IEquatable<StateKey>
{
    private readonly string? _text;
    private readonly long _number;

    /// <summary>Makes a key of a text.</summary>
    /// <param name="text">The text.</param>
    public StateKey(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        _text = text;
    }

    /// <summary>Makes a key of an integer.</summary>
    /// <param name="number">The integer.</param>
    public StateKey(long number) => _number = number;

    /// <summary>Whether the key is an integer.</summary>
    public bool IsNumber => _text is null;

    /// <summary>The integer of the key.</summary>
    /// <exception cref="InvalidOperationException">The key is a text.</exception>
    public long Number => _text is null ? _number : throw new InvalidOperationException($"The key '{_text}' is a text, not an integer.");

    /// <summary>Makes a key of a text.</summary>
    /// <param name="text">The text.</param>
    public static implicit operator StateKey(string text) => new(text);

    /// <summary>Makes a key of an integer.</summary>
    /// <param name="number">The integer.</param>
    public static implicit operator StateKey(long number) => new(number);

    /// <summary>Whether two keys are the same.</summary>
    /// <param name="left">One key.</param>
    /// <param name="right">The other key.</param>
    public static bool operator ==(StateKey left, StateKey right) => left.Equals(right);

    /// <summary>Whether two keys differ.</summary>
    /// <param name="left">One key.</param>
    /// <param name="right">The other key.</param>
    public static bool operator !=(StateKey left, StateKey right) => !left.Equals(right);

    /// <inheritdoc/>
    public bool Equals(StateKey other) => _number == other._number && string.Equals(_text, other._text, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is StateKey other && Equals(other);

    /// <inheritdoc/>
    /// <remarks>Seeded per process, so that no file can choose keys that collide.</remarks>
    public override int GetHashCode() => _text is null ? HashCode.Combine((int)_number, (int)(_number >> 32)) : _text.GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc/>
    public override string ToString() => _text ?? _number.ToString(CultureInfo.InvariantCulture);
}
