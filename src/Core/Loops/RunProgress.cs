using Fulgurite.State;

namespace Fulgurite.Loops;

/// <summary>Where a run is. Recorded in every checkpoint, so that a resumed run goes on from there and repeats nothing.</summary>
internal sealed class RunProgress
{
    /// <summary>Epochs completed.</summary>
    public int Epochs { get; set; }

    /// <summary>Batches of the current epoch that were used; zero between epochs.</summary>
    public int Batches { get; set; }

    /// <summary>Optimizer steps done.</summary>
    public long GlobalStep { get; set; }

    /// <summary>Batches whose gradients wait for the next optimizer step.</summary>
    public int Accumulated { get; set; }

    /// <summary>Whether a hook asked to leave out the rest of the epoch.</summary>
    public bool RestSkipped { get; set; }

    /// <summary>What was done last.</summary>
    public LoopPhase Phase { get; set; }

    public StateMap StateDict() => new()
    {
        ["epochs"] = Epochs,
        ["batches"] = Batches,
        ["global_step"] = GlobalStep,
        ["accumulated"] = Accumulated,
        ["rest_skipped"] = RestSkipped,
        ["phase"] = Phase.ToString(),
    };

    public void LoadStateDict(StateMap state)
    {
        Epochs = checked((int)state["epochs"].AsInteger());
        Batches = checked((int)state["batches"].AsInteger());
        GlobalStep = state["global_step"].AsInteger();
        Accumulated = checked((int)state["accumulated"].AsInteger());
        RestSkipped = state.TryGetValue("rest_skipped", out var skipped) && skipped.AsBoolean();
        Phase = Enum.Parse<LoopPhase>(state["phase"].AsText());
    }
}
