using Fulgurite.State;

namespace Fulgurite;

/// <summary>
/// A node of a <see cref="TrainingState"/>: null, a boolean, an integer, a real number, a string, bytes, a list, a map, a tensor, a
/// tensor of an element type that TorchSharp does not support, or an opaque object of another program.
/// </summary>
/// <remarks>The set of kinds is closed, so that every format can write every state. Leaves are immutable.</remarks>
public abstract class StateValue
{
    private protected StateValue()
    {
    }

    /// <summary>Gets the null value (Python's <c>None</c>).</summary>
    public static StateValue Null => StateNull.Instance;

    /// <summary>Converts a boolean to a state value.</summary>
    /// <param name="value">The boolean.</param>
    public static implicit operator StateValue(bool value) => new StateBoolean(value);

    /// <summary>Converts an integer to a state value.</summary>
    /// <param name="value">The integer.</param>
    public static implicit operator StateValue(int value) => new StateInteger(value);

    /// <summary>Converts an integer to a state value.</summary>
    /// <param name="value">The integer.</param>
    public static implicit operator StateValue(long value) => new StateInteger(value);

    /// <summary>Converts a real number to a state value.</summary>
    /// <param name="value">The number. NaN and infinities are preserved.</param>
    public static implicit operator StateValue(double value) => new StateReal(value);

    /// <summary>Converts a string to a state value, or a null reference to <see cref="Null"/>.</summary>
    /// <param name="value">The string, which may contain any Unicode text.</param>
    public static implicit operator StateValue(string? value) => value is null ? Null : new StateText(value);

    /// <summary>Returns the value as an integer. A boolean or a real number without a fraction is converted.</summary>
    /// <exception cref="InvalidOperationException">The value is not an integer.</exception>
    public long AsInteger() => this switch
    {
        StateInteger integer => integer.Value,
        StateBoolean boolean => boolean.Value ? 1 : 0,
        StateReal real when Math.Floor(real.Value) == real.Value && Math.Abs(real.Value) < 1L << 53 => (long)real.Value,
        _ => throw WrongKind("an integer"),
    };

    /// <summary>Returns the value as a real number. An integer is converted.</summary>
    /// <exception cref="InvalidOperationException">The value is not a number.</exception>
    public double AsReal() => this switch
    {
        StateReal real => real.Value,
        StateInteger integer => integer.Value,
        _ => throw WrongKind("a number"),
    };

    /// <summary>Returns the value as a boolean.</summary>
    /// <exception cref="InvalidOperationException">The value is not a boolean.</exception>
    public bool AsBoolean() => this is StateBoolean boolean ? boolean.Value : throw WrongKind("a boolean");

    /// <summary>Returns the value as a string.</summary>
    /// <exception cref="InvalidOperationException">The value is not a string.</exception>
    public string AsText() => this is StateText text ? text.Value : throw WrongKind("a string");

    /// <summary>Returns the value as a map.</summary>
    /// <exception cref="InvalidOperationException">The value is not a map.</exception>
    public StateMap AsMap() => this as StateMap ?? throw WrongKind("a map");

    /// <summary>Returns the value as a list.</summary>
    /// <exception cref="InvalidOperationException">The value is not a list.</exception>
    public StateList AsList() => this as StateList ?? throw WrongKind("a list");

    /// <summary>Returns the value as a tensor.</summary>
    /// <exception cref="InvalidOperationException">The value is not a tensor.</exception>
    /// <exception cref="NotSupportedException">The tensor has an element type that TorchSharp does not support.</exception>
    public TensorData AsTensor() => this switch
    {
        TensorData tensor => tensor,
        UnsupportedTensor unsupported => throw new NotSupportedException(
            $"The {unsupported} cannot be used. Convert it in Python first, for example with tensor.to(torch.float32)."),
        _ => throw WrongKind("a tensor"),
    };

    private InvalidOperationException WrongKind(string expected) =>
        new($"Expected {expected} in the state and found {GetType().Name} ({this}).");
}
