using Fulgurite.Callbacks.Monitoring;

namespace Fulgurite.Callbacks.Retention;

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
