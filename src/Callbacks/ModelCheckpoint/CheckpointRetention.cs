
namespace Fulgurite.Callbacks;

/// <summary>
/// Says which checkpoints are kept: a plain question without memory, so that a save that fails gives its place back by itself. Who asks
/// removes what is no longer kept, once everything that is kept is durable.
/// </summary>
public interface ICheckpointRetention
{
    /// <summary>Whether a checkpoint is kept.</summary>
    /// <param name="checkpoint">One of <paramref name="all"/>.</param>
    /// <param name="all">All that are there or on their way, in the order of their saves.</param>
    bool Keeps(SavedCheckpoint checkpoint, IReadOnlyList<SavedCheckpoint> all);
}

/// <summary>Keeps every checkpoint.</summary>
public sealed class KeepAll : ICheckpointRetention
{
    /// <inheritdoc/>
    public bool Keeps(SavedCheckpoint checkpoint, IReadOnlyList<SavedCheckpoint> all) => true;
}

/// <summary>Keeps what any of several keeps.</summary>
/// <param name="parts">The several.</param>
public sealed class KeepAny(params IReadOnlyList<ICheckpointRetention> parts) : ICheckpointRetention
{
    /// <inheritdoc/>
    public bool Keeps(SavedCheckpoint checkpoint, IReadOnlyList<SavedCheckpoint> all) => parts.Any(part => part.Keeps(checkpoint, all));
}

/// <summary>Keeps the best checkpoints by their score.</summary>
/// <param name="count">How many.</param>
/// <param name="ranking">Which are better.</param>
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

/// <summary>Keeps every so manyth save for good, however good it is.</summary>
/// <param name="every">The first one that is kept is the one of this number, from one.</param>
public sealed class KeepEveryNth(int every) : ICheckpointRetention
{
    /// <inheritdoc/>
    public bool Keeps(SavedCheckpoint checkpoint, IReadOnlyList<SavedCheckpoint> all)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        return checkpoint.Number % every == 0;
    }
}

/// <summary>Keeps no checkpoint, besides the last one where that is saved.</summary>
public sealed class KeepNone : ICheckpointRetention
{
    /// <inheritdoc/>
    public bool Keeps(SavedCheckpoint checkpoint, IReadOnlyList<SavedCheckpoint> all) => false;
}

/// <summary>A checkpoint that is there or on its way.</summary>
/// <param name="path">Where.</param>
/// <param name="score">The value of the metric; the number of the save where none is compared.</param>
/// <param name="number">The number of the save in the run, from one.</param>
/// <param name="globalStep">Optimizer steps done.</param>
/// <param name="epoch">The number of its epoch, from zero.</param>
public sealed class SavedCheckpoint(string path, double score, long number, long globalStep = 0, int epoch = 0)
{
    /// <summary>Where.</summary>
    public string Path { get; } = path;

    /// <summary>The value of the metric; the number of the save where none is compared.</summary>
    public double Score { get; } = score;

    /// <summary>The number of the save in the run, from one.</summary>
    public long Number { get; } = number;

    /// <summary>Optimizer steps done.</summary>
    public long GlobalStep { get; } = globalStep;

    /// <summary>The number of its epoch, from zero.</summary>
    public int Epoch { get; } = epoch;

    /// <summary>Whether the file is known to be there.</summary>
    public bool IsDurable { get; internal set; }

    /// <summary>Gets whether its save failed after the file had taken its path: it is there, and may not survive a power cut.</summary>
    internal bool IsInPlace { get; set; }

    /// <summary>The save that makes it; null for one of an earlier run.</summary>
    internal SaveOperation? Operation { get; set; }
}
