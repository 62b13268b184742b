using Fulgurite.State;

namespace Fulgurite;

/// <summary>Where a run is. Recorded in every checkpoint, so that a resumed run goes on from there and repeats nothing.</summary>
internal sealed class RunProgress
{
    /// <summary>Epochs completed.</summary>
    public int Epochs { get; set; }

    /// <summary>Batches of the current epoch that were used; zero between epochs.</summary>
    public int Batches { get; set; }

    /// <summary>Batches of all epochs that were used.</summary>
    public long TotalBatches { get; set; }

    /// <summary>Optimizer steps done.</summary>
    public long GlobalStep { get; set; }

    /// <summary>Batches whose gradients wait for the next optimizer step.</summary>
    public int Accumulated { get; set; }

    /// <summary>How many batches share a step where a hook chose a number; null for that of the options.</summary>
    public int? AccumulateGradBatches { get; set; }

    /// <summary>Whether a hook asked to leave out the rest of the epoch.</summary>
    public bool RestSkipped { get; set; }

    /// <summary>How long was trained, where the options limit it; null elsewhere, since no two runs take the same time.</summary>
    public TimeSpan? Elapsed { get; set; }

    /// <summary>What was done last.</summary>
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
        AccumulateGradBatches = state.TryGetValue("accumulate_grad_batches", out var accumulate) ? checked((int)accumulate.AsInteger()) : null;
        RestSkipped = state.TryGetValue("rest_skipped", out var skipped) && skipped.AsBoolean();
        Elapsed = state.TryGetValue("elapsed_ticks", out var elapsed) ? new TimeSpan(elapsed.AsInteger()) : null;
        Phase = Enum.Parse<LoopPhase>(state["phase"].AsText());
    }
}

/// <summary>What a run did last. The names are written to checkpoints.</summary>
internal enum LoopPhase
{
    /// <summary>Nothing yet.</summary>
    Start,

    /// <summary>A training batch was used; a validation that is due after it has not begun.</summary>
    TrainBatchEnd,

    /// <summary>The validation that was due after the last training batch is done.</summary>
    ValidationEnd,

    /// <summary>The epoch has ended and is counted.</summary>
    TrainEpochEnd,

    /// <summary>The hooks of an epoch's start have run; no batch of it was used.</summary>
    TrainEpochStart,
}
