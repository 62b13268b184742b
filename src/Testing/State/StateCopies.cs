using Fulgurite.State;

namespace Fulgurite.Testing;

/// <summary>Copies states in the simplest way, as a reference for other implementations.</summary>
public static class StateCopies
{
    /// <summary>Returns a captured copy of a state with its own memory; tensors that share memory still share it.</summary>
    /// <param name="state">The state, live or captured.</param>
    public static TrainingState Copy(TrainingState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        return state.Copy();
    }
}
