namespace Fulgurite.Callbacks;

/// <summary>
/// Determines which checkpoints are kept. Implementations have no memory, so that a failed save gives up its place without further action.
/// The caller removes checkpoints that are no longer kept once all kept ones are durable.
/// </summary>
public interface ICheckpointRetention
{
    /// <summary>Determines whether a checkpoint is kept.</summary>
    /// <param name="checkpoint">An element of <paramref name="all"/>.</param>
    /// <param name="all">All durable and pending checkpoints, in save order.</param>
    bool Keeps(SavedCheckpoint checkpoint, IReadOnlyList<SavedCheckpoint> all);
}

/// <summary>Keeps every checkpoint.</summary>
public sealed class KeepAll : ICheckpointRetention
{
    /// <inheritdoc/>
    public bool Keeps(SavedCheckpoint checkpoint, IReadOnlyList<SavedCheckpoint> all) => true;
}

/// <summary>Keeps a checkpoint if any of several retentions keeps it.</summary>
/// <param name="parts">The retentions.</param>
public sealed class KeepAny(params IReadOnlyList<ICheckpointRetention> parts) : ICheckpointRetention
{
    /// <inheritdoc/>
    public bool Keeps(SavedCheckpoint checkpoint, IReadOnlyList<SavedCheckpoint> all) => parts.Any(part => part.Keeps(checkpoint, all));
}

/// <summary>Keeps the best checkpoints by score.</summary>
/// <param name="count">The number of checkpoints.</param>
/// <param name="ranking">The ranking.</param>
public sealed class KeepBest(int count, CheckpointRanking ranking) : ICheckpointRetention
{
    /// <inheritdoc/>
    public bool Keeps(SavedCheckpoint checkpoint, IReadOnlyList<SavedCheckpoint> all)
    {
        ArgumentNullException.ThrowIfNull(all);
        var better = 0;
        foreach (var other in all)
        {
            if (other != checkpoint && ranking.Compare(other, checkpoint) < 0 && ++better >= count)
            {
                return false;
            }
        }

        return count > 0;
    }
}

/// <summary>Keeps every Nth checkpoint permanently, whatever its score.</summary>
/// <param name="every">N; the first kept checkpoint is number N, counted from one.</param>
public sealed class KeepEveryNth(int every) : ICheckpointRetention
{
    /// <inheritdoc/>
    public bool Keeps(SavedCheckpoint checkpoint, IReadOnlyList<SavedCheckpoint> all)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        return checkpoint.Number % every == 0;
    }
}

/// <summary>Keeps no checkpoints, except for the last one if it is saved.</summary>
public sealed class KeepNone : ICheckpointRetention
{
    /// <inheritdoc/>
    public bool Keeps(SavedCheckpoint checkpoint, IReadOnlyList<SavedCheckpoint> all) => false;
}

/// <summary>A durable or pending checkpoint.</summary>
/// <param name="path">The path.</param>
/// <param name="score">The value of the metric; without a metric, the number of the save.</param>
/// <param name="number">The one-based number of the save in the run.</param>
/// <param name="globalStep">The number of optimizer steps.</param>
/// <param name="epoch">The zero-based number of the epoch.</param>
public sealed class SavedCheckpoint(string path, double score, long number, long globalStep = 0, int epoch = 0)
{
    /// <summary>Gets the path.</summary>
    public string Path { get; } = path;

    /// <summary>Gets the value of the metric; without a metric, the number of the save.</summary>
    public double Score { get; } = score;

    /// <summary>Gets the one-based number of the save in the run.</summary>
    public long Number { get; } = number;

    /// <summary>Gets the number of optimizer steps.</summary>
    public long GlobalStep { get; } = globalStep;

    /// <summary>Gets the zero-based number of the epoch.</summary>
    public int Epoch { get; } = epoch;

    /// <summary>Gets a value indicating whether the file is durable.</summary>
    public bool IsDurable { get; internal set; }

    /// <summary>
    /// Gets or sets a value indicating whether the save failed after publishing the file: the file exists but may not survive a power cut.
    /// </summary>
    internal bool IsInPlace { get; set; }

    /// <summary>Gets or sets the save operation; null for a checkpoint of an earlier run.</summary>
    internal SaveOperation? Operation { get; set; }
}
