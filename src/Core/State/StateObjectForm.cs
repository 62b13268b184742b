namespace Fulgurite.State;

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
