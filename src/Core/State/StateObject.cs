namespace Fulgurite.State;

/// <summary>
/// An object of a class that this framework does not know, met in a file of another program. It is inert: its class was not
/// looked up and nothing of it ran. What it was made of is kept, to be looked at or written back.
/// </summary>
/// <param name="className">The full name of the class, such as <c>argparse.Namespace</c>.</param>
/// <param name="arguments">What its constructor was given.</param>
/// <param name="state">What was set on it afterwards, or <see cref="StateValue.Null"/>.</param>
public sealed class StateObject(string className, StateList arguments, StateValue state) : StateValue
{
    /// <summary>The full name of the class, such as <c>argparse.Namespace</c>.</summary>
    public string ClassName { get; } = className;

    /// <summary>What its constructor was given.</summary>
    public StateList Arguments { get; } = arguments;

    /// <summary>What was set on it afterwards, or <see cref="StateValue.Null"/>.</summary>
    public StateValue State { get; } = state;

    /// <summary>What was added to it as to a list, or set on it as on a map; else <see cref="StateValue.Null"/>, the default.</summary>
    public StateValue Items { get; init; } = Null;

    /// <summary>How it was named and made. Default: as an instance of its class.</summary>
    public StateObjectForm Form { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"object of {ClassName}";
}

/// <summary>How a <see cref="StateObject"/> was named in the file that it comes from.</summary>
public enum StateObjectForm
{
    /// <summary>An instance of a class: made empty from the arguments, then given its state.</summary>
    Instance,

    /// <summary>What calling a class or function with the arguments gives, such as a member of an enumeration.</summary>
    Call,

    /// <summary>The class or function itself, without arguments.</summary>
    Reference,
}
