using Fulgurite.Checkpointing;
using Fulgurite.IO;

namespace Fulgurite;

/// <content>Going back without a file.</content>
public sealed partial class Trainer
{
    /// <summary>
    /// Holds the run as it is in memory, to go back to. Copying what only the optimizer changes may go on until its next step. From hooks.
    /// </summary>
    /// <returns>The snapshot; the caller disposes it.</returns>
    /// <exception cref="InvalidOperationException">No fit is under way.</exception>
    public StateSnapshot TakeSnapshot()
    {
        using var state = CaptureState();
        return Strategy.CheckpointIO.TakeSnapshot(state);
    }

    /// <summary>
    /// Goes back to a snapshot of this run, and on with the next batch of the data: weights, buffers, optimizers, schedulers, random numbers,
    /// metrics, the number of steps and the state of callbacks are again what they were. What was used of the data stays used, and what checkpoint
    /// callbacks know of their files stays true. Gradients that wait for a step are let go.
    /// </summary>
    /// <remarks>From the hooks of a batch, an epoch or a validation, except between backward and the optimizer's step.</remarks>
    /// <param name="snapshot">What <see cref="TakeSnapshot"/> gave.</param>
    /// <exception cref="InvalidOperationException">No fit is under way, or the snapshot is that of another.</exception>
    public void RollBack(StateSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        var session = Session("There is nothing to go back to");
        new StateRestore(this, session, "snapshot", _log).RollBack(snapshot.State);
    }
}
