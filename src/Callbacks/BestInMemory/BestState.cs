using Fulgurite.State;

namespace Fulgurite.Callbacks;

/// <summary>The best state of a run in memory.</summary>
/// <param name="snapshot">The state; owned from now on.</param>
/// <param name="path">Where it is written, once it is.</param>
/// <param name="score">The metric.</param>
/// <param name="taken">When it was captured, on the clock's own scale.</param>
internal sealed class BestState(StateSnapshot snapshot, string path, double score, long taken) : IDisposable
{
    private readonly StateSnapshot _snapshot = snapshot;

    public string Path { get; } = path;

    public double Score { get; } = score;

    /// <summary>When it was captured, or asked to be written last.</summary>
    public long Since { get; private set; } = taken;

    public long ByteLength => _snapshot.ByteLength;

    /// <summary>The save that writes it; null until it is asked for.</summary>
    public SaveOperation? Operation { get; private set; }

    /// <summary>Whether its file is there or on its way.</summary>
    public bool IsWritten => Operation is { Outcome: CheckpointOutcome.Pending or CheckpointOutcome.Durable };

    /// <summary>The state; waits for what is still being copied.</summary>
    /// <exception cref="InvalidOperationException">It was changed outside of the mutation fence while it was captured.</exception>
    public TrainingState State => _snapshot.State;

    /// <summary>A save that writes it was asked for.</summary>
    public void Asked(SaveOperation operation, long now) => (Operation, Since) = (operation, now);

    public void Dispose() => _snapshot.Dispose();
}
