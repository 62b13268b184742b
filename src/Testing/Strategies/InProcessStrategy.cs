using static TorchSharp.torch;

namespace Fulgurite.Testing;

/// <summary>
/// One of several simulated processes that train together, each on a thread. For tests of modules, callbacks and trainers with several
/// ranks. Disposing it leaves the group.
/// </summary>
public sealed class InProcessStrategy : ParallelStrategy
{
    private readonly ProcessGroup _group;

    /// <summary>Initializes a strategy.</summary>
    /// <param name="checkpointIO">The CheckpointIO, owned by the strategy. Only that of rank 0 writes.</param>
    /// <param name="group">The group of all ranks.</param>
    /// <param name="rank">The rank of this strategy.</param>
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
