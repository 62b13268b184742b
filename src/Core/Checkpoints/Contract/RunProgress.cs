using Fulgurite.State;

namespace Fulgurite;

/// <summary>The position of a run. Saved in every checkpoint, so that a resumed run continues there without repetition.</summary>
internal sealed class RunProgress
{
    /// <summary>Gets or sets the number of completed epochs.</summary>
    public int Epochs { get; set; }

    /// <summary>Gets or sets the number of used batches in the current epoch; zero between epochs.</summary>
    public int Batches { get; set; }

    /// <summary>Gets or sets the number of used batches in all epochs.</summary>
    public long TotalBatches { get; set; }

    /// <summary>Gets or sets the number of completed optimizer steps.</summary>
    public long GlobalStep { get; set; }

    /// <summary>Gets or sets the number of batches in the incomplete accumulation window.</summary>
    public int Accumulated { get; set; }

    /// <summary>Gets or sets the number of batches per optimizer step if a hook changed it; null for that of the options.</summary>
    public int? AccumulateGradBatches { get; set; }

    /// <summary>Gets or sets whether a hook requested to skip the rest of the epoch.</summary>
    public bool RestSkipped { get; set; }

    /// <summary>Gets or sets the training time if the options limit it; otherwise, null, because it differs between runs.</summary>
    public TimeSpan? Elapsed { get; set; }

    /// <summary>Gets or sets the last completed phase.</summary>
    public LoopPhase Phase { get; set; }

    public StateMap StateDict()
    {
        var state = new StateMap
        {
            ["epochs"] = Epochs,
            ["batches"] = Batches,
            ["total_batches"] = TotalBatches,
            ["global_step"] = GlobalStep,
            ["accumulated"] = Accumulated,
            ["rest_skipped"] = RestSkipped,
            ["phase"] = Phase.ToString(),
        };
        if (AccumulateGradBatches is { } accumulate)
        {
            state["accumulate_grad_batches"] = accumulate;
        }

        if (Elapsed is { } elapsed)
        {
            state["elapsed_ticks"] = elapsed.Ticks;
        }

        return state;
    }

    public void LoadStateDict(StateMap state)
    {
        Epochs = checked((int)state["epochs"].AsInteger());
        Batches = checked((int)state["batches"].AsInteger());
        TotalBatches = state.TryGetValue("total_batches", out var total) ? total.AsInteger() : Batches;
        GlobalStep = state["global_step"].AsInteger();
        Accumulated = checked((int)state["accumulated"].AsInteger());
        AccumulateGradBatches = state.TryGetValue("accumulate_grad_batches", out var accumulate)
            ? checked((int)accumulate.AsInteger())
            : null;
        RestSkipped = state.TryGetValue("rest_skipped", out var skipped) && skipped.AsBoolean();
        Elapsed = state.TryGetValue("elapsed_ticks", out var elapsed) ? new TimeSpan(elapsed.AsInteger()) : null;
        Phase = Enum.Parse<LoopPhase>(state["phase"].AsText());
    }
}

/// <summary>Specifies the last completed phase of a run. The names are written to checkpoints.</summary>
internal enum LoopPhase
{
    /// <summary>Nothing is completed yet.</summary>
    Start,

    /// <summary>A training batch was used; a validation that is due after it has not started.</summary>
    TrainBatchEnd,

    /// <summary>The validation after the last training batch is completed.</summary>
    ValidationEnd,

    /// <summary>The epoch is completed and counted.</summary>
    TrainEpochEnd,

    /// <summary>The hooks of the start of an epoch have run; none of its batches was used.</summary>
    TrainEpochStart,
}
