using static TorchSharp.torch;

namespace Fulgurite.Testing;

/// <summary>
/// One of several processes that train together, on a thread: for tests of modules, callbacks and trainers under more than one rank.
/// Disposing it leaves the group.
/// </summary>
public sealed class InProcessStrategy : ParallelStrategy
{
    private readonly ProcessGroup _group;

    /// <summary>Makes a strategy.</summary>
    /// <param name="checkpointIO">How checkpoints are written; owned by the strategy from now on. That of rank 0 writes.</param>
    /// <param name="group">All that train together.</param>
    /// <param name="rank">Which of them this is.</param>
    public InProcessStrategy(CheckpointIO checkpointIO, ProcessGroup group, int rank)
        : base(checkpointIO)
    {
        ArgumentNullException.ThrowIfNull(group);
        ArgumentOutOfRangeException.ThrowIfNegative(rank);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(rank, group.Size);
        _group = group;
        GlobalRank = rank;
    }

    /// <inheritdoc/>
    public override Device RootDevice => CPU;

    /// <inheritdoc/>
    public override int GlobalRank { get; }

    /// <inheritdoc/>
    public override int LocalRank => GlobalRank;

    /// <inheritdoc/>
    public override int WorldSize => _group.Size;

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        _group.Leave(GlobalRank);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<byte[]> Exchange(byte[] own) => _group.Exchange(GlobalRank, own);
}
