using Fulgurite.State;

namespace Fulgurite;

/// <summary>The position of a run as stored by the loops of PyTorch Lightning in a checkpoint.</summary>
/// <remarks>
/// Lightning counts an epoch and a batch as processed before its hooks, in which it saves, and as completed after them. The position is
/// therefore taken from the processed counters. If the file has no counters, only its epoch and step are used.
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

        // Saved within an epoch, at the end of a batch or validation.
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

    /// <summary>Returns the state of Lightning's loops at a position, for <c>trainer.fit(ckpt_path=...)</c>.</summary>
    /// <remarks>
    /// All counters of a batch and of a step are equal, because these checkpoints have no partial work. Lightning 2.2 would repeat a batch
    /// whose <c>completed</c> lags behind, as it repeats the last one of its own checkpoints.
    /// </remarks>
    public static StateMap Write(RunProgress progress, bool automaticOptimization)
    {
        var isWithinEpoch = progress.Batches > 0;
        long started = progress.Epochs + (isWithinEpoch ? 1 : 0), done = progress.Epochs;
        var steps = Steps(progress.GlobalStep, isWithinEpoch, ["ready", "completed"]);
        var none = Steps(0, false, ["ready", "completed"]);
        var epochs = new StateMap { ["ready"] = started, ["completed"] = done, ["started"] = started, ["processed"] = done };
        return new StateMap
        {
            ["fit_loop"] = new StateMap
            {
                ["state_dict"] = new StateMap(),
                ["epoch_loop.state_dict"] = new StateMap { ["_batches_that_stepped"] = progress.GlobalStep },
                ["epoch_loop.batch_progress"] = BatchProgress(progress.TotalBatches, progress.Batches),
                ["epoch_loop.scheduler_progress"] = none,
                ["epoch_loop.automatic_optimization.state_dict"] = new StateMap(),
                ["epoch_loop.automatic_optimization.optim_progress"] = new StateMap
                {
                    ["optimizer"] = new StateMap
                    {
                        ["step"] = automaticOptimization ? steps : none,
                        ["zero_grad"] = Steps(
                            automaticOptimization ? progress.GlobalStep : 0, isWithinEpoch, ["ready", "completed", "started"]),
                    },
                },
                ["epoch_loop.manual_optimization.state_dict"] = new StateMap(),
                ["epoch_loop.manual_optimization.optim_step_progress"] = automaticOptimization ? none : steps,
                ["epoch_loop.val_loop.state_dict"] = new StateMap(),
                ["epoch_loop.val_loop.batch_progress"] = BatchProgress(0, 0),
                ["epoch_progress"] = new StateMap { ["total"] = epochs, ["current"] = epochs },
            },
            ["validate_loop"] = Evaluation(),
            ["test_loop"] = Evaluation(),
            ["predict_loop"] = Evaluation(),
        };
    }

    private static StateMap Evaluation() => new() { ["state_dict"] = new StateMap(), ["batch_progress"] = BatchProgress(0, 0) };

    private static StateMap BatchProgress(long total, long current)
    {
        string[] counters = ["ready", "completed", "started", "processed"];
        return new StateMap { ["total"] = Counters(total, counters), ["current"] = Counters(current, counters), ["is_last_batch"] = false };
    }

    /// <summary>Lightning resets this counter in each epoch and does not use it.</summary>
    private static StateMap Steps(long total, bool isWithinEpoch, string[] counters) =>
        new() { ["total"] = Counters(total, counters), ["current"] = Counters(isWithinEpoch ? total : 0, counters) };

    private static StateMap Counters(long value, string[] names)
    {
        var counters = new StateMap();
        foreach (var name in names)
        {
            counters[name] = value;
        }

        return counters;
    }

    private static long Count(TrainingState state, string path) => state.Find(path)?.AsInteger() ?? 0;
}
