namespace Fulgurite.State;

/// <summary>Nothing (Python's <c>None</c>).</summary>
public sealed class StateNull : StateValue
{
    private StateNull()
    {
    }

    internal static StateNull Instance { get; } = new();

    /// <inheritdoc/>
    public override string ToString() => "null";
}
