namespace Fulgurite.State;

/// <summary>
/// One node of a <see cref="TrainingState"/>: nothing, a boolean, an integer, a real number, a text, bytes, a list, a map, a
/// tensor, a tensor of an element type that TorchSharp lacks, or an object of another program that is only kept.
/// </summary>
/// <remarks>The kinds are fixed, so that every format can write every state. Leaves never change once made.</remarks>
public abstract class StateValue
{
    private protected StateValue()
    {
    }

    /// <summary>The value that stands for nothing (Python's <c>None</c>).</summary>
    public static StateValue Null => StateNull.Instance;

    /// <summary>Makes a boolean.</summary>
    /// <param name="value">The boolean.</param>
    public static implicit operator StateValue(bool value) => new StateBoolean(value);

    /// <summary>Makes an integer.</summary>
    /// <param name="value">The integer.</param>
    public static implicit operator StateValue(int value) => new StateInteger(value);

    /// <summary>Makes an integer.</summary>
    /// <param name="value">The integer.</param>
    public static implicit operator StateValue(long value) => new StateInteger(value);

    /// <summary>Makes a real number.</summary>
    /// <param name="value">The number; NaN and the infinities are kept.</param>
    public static implicit operator StateValue(double value) => new StateReal(value);

    /// <summary>Makes a text, or <see cref="Null"/> of a null reference.</summary>
    /// <param name="value">The text, of any Unicode.</param>
    public static implicit operator StateValue(string? value) => value is null ? Null : new StateText(value);

    /// <summary>The integer held here; a real number without a fraction counts as one.</summary>
    /// <exception cref="InvalidOperationException">This is no integer.</exception>
    public long AsInteger() => this switch
    {
        StateInteger integer => integer.Value,
        StateBoolean boolean => boolean.Value ? 1 : 0,
        StateReal real when Math.Floor(real.Value) == real.Value && Math.Abs(real.Value) < 1L << 53 => (long)real.Value,
        _ => throw WrongKind("an integer"),
    };

    /// <summary>The number held here; an integer counts as one.</summary>
    /// <exception cref="InvalidOperationException">This is no number.</exception>
    public double AsReal() => this switch
    {
        StateReal real => real.Value,
        StateInteger integer => integer.Value,
        _ => throw WrongKind("a number"),
    };

    /// <summary>The boolean held here.</summary>
    /// <exception cref="InvalidOperationException">This is no boolean.</exception>
    public bool AsBoolean() => this is StateBoolean boolean ? boolean.Value : throw WrongKind("a boolean");

    /// <summary>The text held here.</summary>
    /// <exception cref="InvalidOperationException">This is no text.</exception>
    public string AsText() => this is StateText text ? text.Value : throw WrongKind("a text");

    /// <summary>This value as a map.</summary>
    /// <exception cref="InvalidOperationException">This is no map.</exception>
    public StateMap AsMap() => this as StateMap ?? throw WrongKind("a map");

    /// <summary>This value as a list.</summary>
    /// <exception cref="InvalidOperationException">This is no list.</exception>
    public StateList AsList() => this as StateList ?? throw WrongKind("a list");

    /// <summary>This value as a tensor.</summary>
    /// <exception cref="InvalidOperationException">This is no tensor.</exception>
    /// <exception cref="NotSupportedException">This is a tensor of an element type that TorchSharp lacks.</exception>
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
