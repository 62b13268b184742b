using Fulgurite.State;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>
/// A strategy of one process, complete but for where: a class of its own says <see cref="RootDevice"/> and overrides what it does
/// differently.
/// </summary>
/// <remarks>
/// Whatever changes parameters besides <see cref="OptimizerStep"/> passes the fence first (<see cref="CheckpointIO.BeforeParametersChange"/>).
/// <c>StrategyConformance</c> of Fulgurite.Testing holds what every strategy must keep.
/// </remarks>
public abstract class Strategy : IStrategy, IDisposable
{
    /// <summary>Makes a strategy.</summary>
    /// <param name="checkpointIO">How checkpoints are written; owned by the strategy from now on.</param>
    protected Strategy(CheckpointIO checkpointIO)
    {
        ArgumentNullException.ThrowIfNull(checkpointIO);
        CheckpointIO = checkpointIO;
    }

    /// <inheritdoc/>
    public abstract Device RootDevice { get; }

    /// <inheritdoc/>
    public virtual IReadOnlyList<Device> Devices => [RootDevice];

    /// <inheritdoc/>
    public virtual int GlobalRank => 0;

    /// <inheritdoc/>
    public virtual int LocalRank => 0;

    /// <inheritdoc/>
    public virtual int WorldSize => 1;

    /// <summary>Whether this is the process that writes and speaks for all.</summary>
    public bool IsGlobalZero => GlobalRank == 0;

    /// <inheritdoc/>
    public CheckpointIO CheckpointIO { get; }

    /// <inheritdoc/>
    public virtual bool SupportsCustomCheckpointIO => true;

    /// <summary>What the module of the run computes in; null for the types that it has.</summary>
    public Precision? Precision { get; private set; }

    /// <inheritdoc/>
    public virtual bool Supports(Precision precision) => !precision.IsMixed();

    /// <inheritdoc/>
    public virtual void SetUp(nn.Module module, Precision? precision = null)
    {
        ArgumentNullException.ThrowIfNull(module);
        if (precision is { } asked && !Supports(asked))
        {
            throw new NotSupportedException(PrecisionMessages.Unsupported(asked, GetType()));
        }

        Precision = precision;
        CheckpointIO.BeforeParametersChange();
        module.to(RootDevice);
        if (precision is { } known)
        {
            module.to(known.ElementType());
        }
    }

    /// <inheritdoc/>
    public virtual T ToDevice<T>(T batch) => BatchTransfer.To(batch, RootDevice, Precision?.ElementType());

    /// <inheritdoc/>
    public virtual void Backward(Tensor loss)
    {
        ArgumentNullException.ThrowIfNull(loss);
        loss.backward();
    }

    /// <inheritdoc/>
    public virtual void OptimizerStep(optim.Optimizer optimizer)
    {
        ArgumentNullException.ThrowIfNull(optimizer);
        CheckpointIO.BeforeParametersChange();
        optimizer.step();
    }

    /// <inheritdoc/>
    public virtual void Barrier()
    {
    }

    /// <inheritdoc/>
    public virtual bool ReduceDecision(bool decision, bool all = true) => decision;

    /// <inheritdoc/>
    public virtual Tensor Reduce(Tensor value, ReduceOperation operation = ReduceOperation.Mean)
    {
        ArgumentNullException.ThrowIfNull(value);
        return value.detach();
    }

    /// <inheritdoc/>
    public virtual Tensor AllGather(Tensor value)
    {
        ArgumentNullException.ThrowIfNull(value);
        using var detached = value.detach();
        return detached.unsqueeze(0);
    }

    /// <inheritdoc/>
    public virtual T Broadcast<T>(T value, int source = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(source);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(source, WorldSize);
        return value;
    }

    /// <inheritdoc/>
    public virtual SaveOperation SaveCheckpoint(TrainingState state, string path, SaveOptions? options) => CheckpointIO.Submit(state, path, options);

    /// <inheritdoc/>
    public virtual void SettleCheckpoints()
    {
    }

    /// <inheritdoc/>
    public virtual TrainingState LoadCheckpoint(string path, LoadOptions? options) =>
        CheckpointIO.LoadCheckpointAsync(path, options, CancellationToken.None).GetAwaiter().GetResult();

    /// <inheritdoc/>
    public virtual Task RemoveCheckpointAsync(string path) => CheckpointIO.RemoveCheckpointAsync(path, CancellationToken.None);

    /// <inheritdoc/>
    public virtual void TearDown() => CheckpointIO.FlushAsync(CancellationToken.None).GetAwaiter().GetResult();

    /// <summary>Writes accepted saves and disposes the <see cref="CheckpointIO"/>. Further calls have no effect.</summary>
    public virtual async ValueTask DisposeAsync()
    {
        await CheckpointIO.DisposeAsync().ConfigureAwait(false);
        GC.SuppressFinalize(this);
    }

    /// <inheritdoc cref="DisposeAsync"/>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();
}
