namespace Fulgurite;

/// <summary>Extends <see cref="Trainer"/> with rollback to in-memory snapshots.</summary>
public static class TrainerSnapshots
{
    /// <summary>
    /// Keeps the current state of the run in memory. The copy of optimizer-controlled tensors may continue until the next step. Call it in
    /// hooks.
    /// </summary>
    /// <param name="trainer">The trainer.</param>
    /// <returns>The snapshot. The caller disposes it.</returns>
    /// <exception cref="InvalidOperationException">No fit is running.</exception>
    public static StateSnapshot TakeSnapshot(this Trainer trainer)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        using var state = trainer.CaptureState();
        return trainer.Strategy.CheckpointIO.TakeSnapshot(state);
    }

    /// <summary>
    /// Rolls back to a snapshot of this run and continues with the next batch: restores weights, buffers, optimizers, schedulers, random
    /// number generators, metrics, step counters and callback states. The data position and the file records of checkpoint callbacks are
    /// not restored. Gradients of an incomplete accumulation window are discarded.
    /// </summary>
    /// <remarks>Call it in hooks of a batch, epoch or validation, but not between the backward pass and the optimizer step.</remarks>
    /// <param name="trainer">The trainer.</param>
    /// <param name="snapshot">The result of <see cref="TakeSnapshot"/>.</param>
    /// <exception cref="InvalidOperationException">No fit is running, or the snapshot belongs to another fit.</exception>
    public static void RollBack(this Trainer trainer, StateSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        ArgumentNullException.ThrowIfNull(snapshot);
        var session = trainer.Session("There is nothing to go back to");
        using var state = snapshot.State.Edit();
        new StateRestore(trainer, session, "snapshot", trainer.Log).RollBack(state);
    }
}
