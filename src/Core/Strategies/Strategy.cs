using Fulgurite.State;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>
/// The base class of strategies of one process. A derived class provides <see cref="RootDevice"/> and overrides what it does
/// differently.
/// </summary>
/// <remarks>
/// Code that changes parameters outside of <see cref="OptimizerStep"/> passes the fence first
/// (<see cref="CheckpointIO.BeforeParametersChange"/>). <c>StrategyConformance</c> of Fulgurite.Testing tests the contract.
/// </remarks>
public abstract class Strategy : IStrategy, IDisposable
{
    /// <summary>Initializes a strategy.</summary>
    /// <param name="checkpointIO">Writes, reads and removes checkpoints; owned by the strategy from now on.</param>
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
    public virtual ICollectives Collectives => SingleProcessCollectives.Instance;

    /// <inheritdoc/>
    public CheckpointIO CheckpointIO { get; }

    /// <inheritdoc/>
    public virtual bool SupportsCustomCheckpointIO => true;

    /// <summary>Gets the precision of the current run; null where module and batches keep their types.</summary>
    public Precision? Precision { get; private set; }

    /// <inheritdoc/>
    public virtual bool Supports(Precision precision) =>
        !precision.IsMixed() || (precision == Fulgurite.Precision.MixedBFloat16 && Autocast.IsAvailable);

    /// <inheritdoc/>
    public virtual void SetUp(nn.Module module, Precision? precision = null)
    {
        ArgumentNullException.ThrowIfNull(module);
        if (precision is { } asked && !Supports(asked))
        {
            throw new NotSupportedException(PrecisionMessages.Unsupported(asked, GetType(), Autocast.IsAvailable));
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
    public virtual void SynchronizeGradients()
    {
    }

    /// <inheritdoc/>
    public virtual void Fail(Exception cause)
    {
    }

    /// <inheritdoc/>
    public virtual void OptimizerStep(optim.Optimizer optimizer)
    {
        ArgumentNullException.ThrowIfNull(optimizer);
        var copies = optimizer as IStepCopies;
        if (copies is not null)
        {
            CheckpointIO.GetCapability<ICheckpointCapture>()?.CopyInNextStep(copies);
        }

        try
        {
            CheckpointIO.BeforeParametersChange();
            optimizer.step();
        }
        finally
        {
            copies?.Finish();
        }
    }

    /// <inheritdoc/>
    public virtual SaveOperation SaveCheckpoint(TrainingState state, string path, SaveOptions? options) =>
        CheckpointIO.Submit(state, path, options);

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
