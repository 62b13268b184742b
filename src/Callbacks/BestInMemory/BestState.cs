namespace Fulgurite.Callbacks;

/// <summary>The best state of a run in memory.</summary>
/// <param name="snapshot">The state; owned from now on.</param>
/// <param name="path">Where it is written, once it is.</param>
/// <param name="score">The metric.</param>
/// <param name="globalStep">The optimizer steps done in the state.</param>
/// <param name="taken">When it was captured, on the clock's own scale.</param>
internal sealed class BestState(StateSnapshot snapshot, string path, double score, long globalStep, long taken) : IDisposable
{
    private readonly StateSnapshot _snapshot = snapshot;

    public string Path { get; } = path;

    public double Score { get; } = score;

    public long GlobalStep { get; } = globalStep;

    /// <summary>When it was captured, or asked to be written last.</summary>
    public long Since { get; private set; } = taken;

    public long ByteLength => _snapshot.ByteLength;

    /// <summary>Gets the save operation; null before the write request.</summary>
    public SaveOperation? Operation { get; private set; }

    /// <summary>Gets a value indicating whether its file is durable or pending.</summary>
    public bool IsWritten => Operation is { Outcome: CheckpointOutcome.Pending or CheckpointOutcome.Durable };

    /// <summary>Gets the state; waits for the rest of the copy.</summary>
    /// <exception cref="InvalidOperationException">The state changed outside the mutation fence during the capture.</exception>
    public TrainingState State => _snapshot.State;

    /// <summary>Records a write request.</summary>
    public void Asked(SaveOperation operation, long now) => (Operation, Since) = (operation, now);

    public void Dispose() => _snapshot.Dispose();
}
