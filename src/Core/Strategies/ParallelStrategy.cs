using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>
/// The base class of strategies of several processes that have the same model and train on different data (data parallelism). A derived
/// class provides <see cref="Strategy.RootDevice"/> and the <see cref="ProcessCollectives"/> of its transport.
/// </summary>
/// <remarks>
/// Gradients are averaged once for each optimizer step, in buckets of about 4 MiB, so that all processes take the same step. Buffers are
/// those of rank 0 after it. Rank 0 writes checkpoints, or each process its part where the <see cref="CheckpointIO"/> has
/// <see cref="ICheckpointParts"/>; all processes report at the same step how a save has ended.
/// </remarks>
public abstract partial class ParallelStrategy : Strategy
{
    private readonly ProcessCollectives _collectives;
    private readonly List<Parameter> _parameters = [];
    private nn.Module? _module;
    private long _synchronizations;
    private bool _hasBuffers;
    private GradientOverlap? _overlap;

    // The parameters that have had a sparse gradient in any process.
    private readonly HashSet<IntPtr> _sparse = [];

    /// <summary>Initializes a strategy.</summary>
    /// <param name="checkpointIO">Writes, reads and removes checkpoints, in rank 0; owned by the strategy from now on.</param>
    /// <param name="collectives">The collectives of the processes.</param>
    protected ParallelStrategy(CheckpointIO checkpointIO, ProcessCollectives collectives)
        : base(checkpointIO)
    {
        ArgumentNullException.ThrowIfNull(collectives);
        _collectives = collectives;
        _shared = new SharedSaves(checkpointIO, collectives);
        _sharded = collectives.WorldSize > 1 && checkpointIO.GetCapability<ICheckpointParts>() is { } parts
            ? new ShardedSaves(checkpointIO, parts, collectives)
            : null;
    }

    /// <inheritdoc/>
    public sealed override ICollectives Collectives => _collectives;

    /// <summary>
    /// Gets the number of synchronizations of gradients after which the parameters of all processes are compared. The first one of a run
    /// always compares them.
    /// </summary>
    /// <value>The default is 1000.</value>
    protected int CompareEvery { get; init; } = 1000;

    /// <summary>
    /// Gets a value indicating whether the gradients of blocks (<see cref="IHasBlocks"/>) are averaged during the backward pass, where the
    /// transport allows it. The results are the same.
    /// </summary>
    /// <value>The default is <see langword="true"/>.</value>
    protected bool OverlapsBackward { get; init; } = true;

    /// <summary>Gets the size of the buckets of blocks in bytes.</summary>
    internal long OverlapBucketBytes { get; init; } = 4 << 20;

    /// <summary>Gets the averages of blocks of the current run; null where it has none.</summary>
    internal GradientOverlap? Overlap => _overlap;

    /// <summary>
    /// Gets or sets a value indicating whether the next backward pass is followed by <see cref="SynchronizeGradients"/>.
    /// </summary>
    internal bool SynchronizesNext { get; set; }

    /// <inheritdoc/>
    public override void SetUp(nn.Module module, Precision? precision = null)
    {
        base.SetUp(module, precision);
        _collectives.StartRun();
        _module = module;
        _synchronizations = 0;
        _hasBuffers = module.buffers().Any();
        _parameters.Clear();

        // Frozen parameters too: they may be unfrozen during training, in all processes alike.
        _parameters.AddRange(module.parameters());
        _sparse.Clear();
        StopOverlap();
        if (module is IHasBlocks { Blocks: var blocks } && Collectives.WorldSize > 1)
        {
            _overlap = new GradientOverlap(module, blocks, _collectives, OverlapsBackward, OverlapBucketBytes);
        }

        _shared.StartRun();
        _sharded?.StartRun();
        using var _ = no_grad();
        foreach (var tensor in module.state_dict().Values)
        {
            using var weights = Collectives.Broadcast(tensor);
            if (!Collectives.IsRankZero)
            {
                tensor.copy_(weights);
            }
        }
    }

    /// <inheritdoc/>
    public override void Backward(Tensor loss)
    {
        if (_overlap is null)
        {
            base.Backward(loss);
            return;
        }

        if (!SynchronizesNext)
        {
            _overlap.Accumulate(() => base.Backward(loss));
            return;
        }

        SynchronizesNext = false;
        _overlap.Backward(() => base.Backward(loss), IsDense);
    }

    /// <inheritdoc/>
    public override void SynchronizeGradients()
    {
        if (Collectives.WorldSize == 1)
        {
            return;
        }

        using var scope = NewDisposeScope();
        using var _ = no_grad();
        _overlap?.Wait();
        if (_synchronizations++ % CompareEvery == 0)
        {
            ParameterComparison.Check(_module!, Collectives);
        }

        var trained = _parameters.FindAll(parameter => parameter.requires_grad);
        var kinds = trained.Zip(KindsInAny(trained)).ToDictionary(each => each.First.Handle, each => each.Second);
        var done = _overlap?.Average(IsDense, parameter => kinds[parameter.Handle] == GradientKinds.Dense);
        var buckets = new TensorBuckets(_collectives.ReduceInPlace);
        foreach (var parameter in trained)
        {
            var kind = kinds[parameter.Handle];
            if (kind == GradientKinds.None || done?.Contains(parameter.Handle) == true)
            {
                continue;
            }

            var own = parameter.grad;
            if (kind == GradientKinds.Sparse)
            {
                _sparse.Add(parameter.Handle);
                parameter.grad = SparseReduction.Mean(own, parameter, _collectives);
                continue;
            }

            if (own is null or { is_sparse: true })
            {
                own = own?.to_dense() ?? zeros_like(parameter);
                parameter.grad = own;
            }

            buckets.Add(own);
        }

        buckets.Flush();
        SendBuffers();
    }

    /// <inheritdoc/>
    public override void Fail(Exception cause)
    {
        ArgumentNullException.ThrowIfNull(cause);
        if (Collectives.WorldSize > 1)
        {
            _overlap?.Abandon();
            try
            {
                _collectives.Fail(cause);
            }
            finally
            {
                _sharded?.WithdrawUnknown();
            }
        }
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        // A run whose saves did not end in time has not been torn down.
        _overlap?.Release();
        _overlap = null;
        await base.DisposeAsync().ConfigureAwait(false);
        GC.SuppressFinalize(this);
    }

    private bool IsDense(Parameter parameter) => !_sparse.Contains(parameter.Handle);

    private void StopOverlap()
    {
        _overlap?.Dispose();
        _overlap = null;
    }

    /// <summary>
    /// Gives all processes the buffers of rank 0, such as the statistics of a batch norm, which come from different data.
    /// </summary>
    private void SendBuffers()
    {
        if (!_hasBuffers)
        {
            return;
        }

        var buckets = new TensorBuckets((bucket, _) =>
        {
            using var sent = Collectives.Broadcast(bucket);
            bucket.copy_(sent);
        });
        foreach (var buffer in _module!.buffers())
        {
            buckets.Add(buffer);
        }

        buckets.Flush();
    }

    /// <summary>
    /// Returns the kinds of gradients that each parameter has in any process. The loss of this process need not use all of them.
    /// </summary>
    private List<GradientKinds> KindsInAny(List<Parameter> parameters)
    {
        var kinds = parameters.ConvertAll(parameter =>
        {
            using var gradient = parameter.grad;
            return gradient is null ? GradientKinds.None : gradient.is_sparse ? GradientKinds.Sparse : GradientKinds.Dense;
        });

        // The maximum of each kind, since that of both would hide one.
        byte[] flags =
        [
            .. kinds.Select(kind => (byte)(kind & GradientKinds.Dense)), .. kinds.Select(kind => (byte)(kind & GradientKinds.Sparse)),
        ];
        var all = Collectives.AllReduce(tensor(flags, device: RootDevice), ReduceOperation.Max).cpu().data<byte>().ToArray();
        return Enumerable.Range(0, kinds.Count).Select(index => (GradientKinds)(all[index] | all[kinds.Count + index])).ToList();
    }

    [Flags]
    private enum GradientKinds : byte
    {
        None,
        Dense,
        Sparse,
    }
}
