namespace Fulgurite.State;

/// <summary>A boolean.</summary>
/// <param name="value">The value.</param>
public sealed class StateBoolean(bool value) : StateValue, IEquatable<StateBoolean>
{
    /// <summary>The value.</summary>
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
