using static TorchSharp.torch;

namespace Fulgurite.Testing;

/// <summary>
/// The strategy of one rank of a group of threads: for tests of modules, callbacks and trainers under more than one rank. Disposing it leaves
/// the group.
/// </summary>
public sealed class InProcessStrategy : ParallelStrategy
{
    private readonly ProcessGroup _group;

    /// <summary>Initializes a strategy.</summary>
    /// <param name="checkpointIO">Writes, reads and removes checkpoints, in rank 0; owned by the strategy from now on.</param>
    /// <param name="group">The group.</param>
    /// <param name="rank">The rank in the group.</param>
    public InProcessStrategy(CheckpointIO checkpointIO, ProcessGroup group, int rank)
        : base(checkpointIO, (group ?? throw new ArgumentNullException(nameof(group))).CollectivesOf(rank)) => _group = group;

    /// <inheritdoc/>
    public override Device RootDevice => CPU;

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        _group.Leave(Collectives.Rank);
        await base.DisposeAsync().ConfigureAwait(false);
    }
}
