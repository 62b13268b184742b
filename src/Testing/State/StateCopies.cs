using Fulgurite.State;

namespace Fulgurite.Testing;

/// <summary>Copies states in the plainest way, as a reference for others.</summary>
public static class StateCopies
{
    /// <summary>A captured copy of a state in memory of its own; tensors that share memory still do.</summary>
    /// <param name="state">The state, live or captured.</param>
    public static TrainingState Copy(TrainingState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        return state.Copy();
    }
}
