using Fulgurite.State;

namespace Fulgurite;

/// <summary>Where a run of PyTorch Lightning was when it saved a checkpoint.</summary>
/// <remarks>
/// Lightning counts an epoch and a batch as completed only after its hooks, in which it saves, and as processed before them; so processed is
/// what was done. Where the file has no counters, the number of the epoch and of the step count alone.
/// </remarks>
internal static class LightningProgress
{
    private const string Loop = "loops.fit_loop.";
    private const string Batches = Loop + "epoch_loop.batch_progress.";

    public static RunProgress Read(TrainingState state)
    {
        var progress = new RunProgress { GlobalStep = state[CheckpointKeys.GlobalStep].AsInteger() };
        if (state.Find(Loop + "epoch_progress.current.processed") is not { } epochs)
        {
            progress.Epochs = checked((int)state[CheckpointKeys.Epoch].AsInteger());
            return progress;
        }

        progress.Epochs = checked((int)epochs.AsInteger());
        progress.TotalBatches = Count(state, Batches + "total.processed");
        var started = Count(state, Loop + "epoch_progress.current.started");
        if (started <= progress.Epochs)
        {
            return progress;
        }

        // Saved within an epoch, at the end of a batch or of a validation.
        if (state.Find(Batches + "is_last_batch")?.AsBoolean() == true)
        {
            progress.Epochs++;
            progress.Phase = LoopPhase.TrainEpochEnd;
        }
        else
        {
            progress.Batches = checked((int)Count(state, Batches + "current.processed"));
            progress.Phase = progress.Batches > 0 ? LoopPhase.ValidationEnd : LoopPhase.Start;
        }

        return progress;
    }

    private static long Count(TrainingState state, string path) => state.Find(path)?.AsInteger() ?? 0;
}
