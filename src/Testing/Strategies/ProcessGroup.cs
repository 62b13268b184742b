using System.Runtime.ExceptionServices;
using static TorchSharp.torch;

namespace Fulgurite.Testing;

/// <summary>Exchanges bytes between instances of <see cref="InProcessStrategy"/>, whose threads simulate processes.</summary>
/// <param name="size">The number of members.</param>
public sealed class ProcessGroup(int size)
{
    private readonly Lock _gate = new();
    private readonly ManualResetEventSlim[] _wake = [.. Enumerable.Range(0, size).Select(_ => new ManualResetEventSlim())];
    private readonly byte[][] _slots = new byte[size][];
    private readonly bool[] _waiting = new bool[size];
    private byte[][]? _result;
    private int _gone = -1;

    /// <summary>Gets the number of ranks.</summary>
    public int Size { get; } = size;

    /// <summary>Gets the number of exchanges so far.</summary>
    public int Exchanges { get; private set; }

    /// <summary>Returns the collectives of a rank, over <see cref="Exchange"/>.</summary>
    /// <param name="rank">The rank.</param>
    public ProcessCollectives CollectivesOf(int rank)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rank);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(rank, Size);
        return new RankCollectives(this, rank);
    }

    /// <summary>Sends bytes to all ranks and returns those of all, by rank. Returns when all have called it.</summary>
    /// <param name="rank">The rank of the caller.</param>
    /// <param name="own">Its bytes.</param>
    /// <exception cref="InvalidOperationException">A rank has left.</exception>
    public IReadOnlyList<byte[]> Exchange(int rank, byte[] own)
    {
        ArgumentNullException.ThrowIfNull(own);
        lock (_gate)
        {
            ThrowIfAlone(rank);
            _slots[rank] = own;
            _waiting[rank] = true;
            if (!Array.Exists(_waiting, waiting => !waiting))
            {
                _result = [.. _slots];
                Array.Clear(_waiting);
                Exchanges++;
                Array.ForEach(_wake, wake => wake.Set());
            }
        }

        _wake[rank].Wait();
        lock (_gate)
        {
            _wake[rank].Reset();
            if (_waiting[rank])
            {
                ThrowIfAlone(rank);
            }

            return _result!;
        }
    }

    /// <summary>Leaves the group: current and later calls of other members throw instead of blocking forever.</summary>
    /// <param name="rank">The rank that leaves.</param>
    public void Leave(int rank)
    {
        lock (_gate)
        {
            _gone = _gone < 0 ? rank : _gone;
            for (var other = 0; other < Size; other++)
            {
                if (_waiting[other])
                {
                    _wake[other].Set();
                }
            }
        }
    }

    private void ThrowIfAlone(int rank)
    {
        if (_gone >= 0)
        {
            throw new InvalidOperationException($"Rank {_gone} has left the group while rank {rank} waits for it.");
        }
    }

    private sealed class RankCollectives(ProcessGroup group, int rank) : ProcessCollectives
    {
        public override int Rank => rank;

        public override int LocalRank => rank;

        public override int WorldSize => group.Size;

        protected override bool ReducesInBackground => true;

        protected override IReadOnlyList<byte[]> Exchange(byte[] own) => group.Exchange(rank, own);
    }
}

/// <summary>Runs code for several ranks, each on its own thread.</summary>
public static class Ranks
{
    /// <summary>Runs a delegate once for each rank and returns when all have ended.</summary>
    /// <param name="count">The number of ranks.</param>
    /// <param name="body">
    /// The delegate; receives the zero-based rank. It must dispose its strategy, so that no other rank waits forever.
    /// </param>
    /// <exception cref="Exception">The first exception thrown by a delegate.</exception>
    public static void Run(int count, Action<int> body)
    {
        ArgumentNullException.ThrowIfNull(body);
        var gate = new Lock();
        ExceptionDispatchInfo? first = null;
        var threads = Enumerable.Range(0, count).Select(
            rank => new Thread(() => RunOne(rank)) { Name = $"rank {rank}", IsBackground = true }).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        first?.Throw();

        void RunOne(int rank)
        {
            try
            {
                body(rank);
            }
            catch (Exception exception)
            {
                // Rethrown on the calling thread; other exceptions are mostly consequences of the first one.
                lock (gate)
                {
                    first ??= ExceptionDispatchInfo.Capture(exception);
                }
            }
        }
    }
}

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

    /// <summary>Gets a value indicating whether the gradients of blocks are averaged during the backward pass.</summary>
    /// <value>The default is <see langword="true"/>.</value>
    public bool OverlapBackward { get => OverlapsBackward; init => OverlapsBackward = value; }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        _group.Leave(Collectives.Rank);
        await base.DisposeAsync().ConfigureAwait(false);
    }
}
