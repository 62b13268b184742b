namespace Fulgurite.State;

/// <summary>
/// An object of an unknown class, read from a file of another program. It is inert: the class is not resolved and none of its code
/// runs. Its parts are preserved, so that they can be inspected or written back.
/// </summary>
/// <param name="className">The full name of the class, such as <c>argparse.Namespace</c>.</param>
/// <param name="arguments">The constructor arguments.</param>
/// <param name="state">The state that was set after construction, or <see cref="StateValue.Null"/>.</param>
public sealed class StateObject(string className, StateList arguments, StateValue state) : StateValue
{
    /// <summary>Gets the full name of the class, such as <c>argparse.Namespace</c>.</summary>
    public string ClassName { get; } = className;

    /// <summary>Gets the constructor arguments.</summary>
    public StateList Arguments { get; } = arguments;

    /// <summary>Gets the state that was set after construction, or <see cref="StateValue.Null"/>.</summary>
    public StateValue State { get; } = state;

    /// <summary>Gets the items that were appended to the object as a list or set on it as a map.</summary>
    /// <value>The default is <see cref="StateValue.Null"/>.</value>
    public StateValue Items { get; init; } = Null;

    /// <summary>Gets the way in which the object was constructed.</summary>
    /// <value>The default is <see cref="StateObjectForm.Instance"/>.</value>
    public StateObjectForm Form { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"object of {ClassName}";
}

/// <summary>Specifies how a <see cref="StateObject"/> was constructed in its file of origin.</summary>
public enum StateObjectForm
{
    /// <summary>An instance of a class, created from the arguments and then given its state.</summary>
    Instance,

    /// <summary>The result of calling a class or function with the arguments, such as an enumeration member.</summary>
    Call,

    /// <summary>The class or function itself, without arguments.</summary>
    Reference,
}
