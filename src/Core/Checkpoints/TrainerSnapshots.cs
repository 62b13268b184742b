
namespace Fulgurite;

/// <summary>Going back without a file.</summary>
public static class TrainerSnapshots
{
    /// <summary>
    /// Holds the run as it is in memory, to go back to. Copying what only the optimizer changes may go on until its next step. From hooks.
    /// </summary>
    /// <param name="trainer">The trainer.</param>
    /// <returns>The snapshot; the caller disposes it.</returns>
    /// <exception cref="InvalidOperationException">No fit is under way.</exception>
    public static StateSnapshot TakeSnapshot(this Trainer trainer)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        using var state = trainer.CaptureState();
        return trainer.Strategy.CheckpointIO.TakeSnapshot(state);
    }

    /// <summary>
    /// Goes back to a snapshot of this run, and on with the next batch of the data: weights, buffers, optimizers, schedulers, random numbers,
    /// metrics, the number of steps and the state of callbacks are again what they were. What was used of the data stays used, and what checkpoint
    /// callbacks know of their files stays true. Gradients that wait for a step are let go.
    /// </summary>
    /// <remarks>From the hooks of a batch, an epoch or a validation, except between backward and the optimizer's step.</remarks>
    /// <param name="trainer">The trainer.</param>
    /// <param name="snapshot">What <see cref="TakeSnapshot"/> gave.</param>
    /// <exception cref="InvalidOperationException">No fit is under way, or the snapshot is that of another.</exception>
    public static void RollBack(this Trainer trainer, StateSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        ArgumentNullException.ThrowIfNull(snapshot);
        var session = trainer.Session("There is nothing to go back to");
        using var state = snapshot.State.Edit();
        new StateRestore(trainer, session, "snapshot", trainer.Log).RollBack(state);
    }
}
