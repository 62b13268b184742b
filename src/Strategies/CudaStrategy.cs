using Fulgurite.Composition;
using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>Trains in this process on one CUDA device.</summary>
/// <remarks>
/// Batches in page-locked memory move while the device still computes; others as they come. Checkpoints leave the device in one go, while
/// training waits; everything after that is done in the background, as on the CPU.
/// </remarks>
[Plugin("cuda")]
public sealed class CudaStrategy : Strategy, IConfigurable<CudaStrategyOptions>
{
    private readonly HostStaging? _staging;

    /// <summary>Makes a strategy.</summary>
    /// <param name="checkpointIO">How checkpoints are written; owned by the strategy from now on.</param>
    /// <param name="options">On which device, and how; null for the defaults.</param>
    /// <exception cref="InvalidOperationException">The device is not there.</exception>
    public CudaStrategy(CheckpointIO checkpointIO, CudaStrategyOptions? options = null)
        : base(checkpointIO)
    {
        Options = options ?? new CudaStrategyOptions();
        RootDevice = CudaDevices.Require(Options.Device, Options);
        _staging = Options.PageLockedStaging ? new HostStaging() : null;
    }

    /// <inheritdoc/>
    public CudaStrategyOptions Options { get; }

    /// <inheritdoc/>
    public override Device RootDevice { get; }

    /// <inheritdoc/>
    public override T ToDevice<T>(T batch)
    {
        if (Options.SeedEveryBatch)
        {
            CudaDevices.SeedFromCpu();
        }

        return BatchTransfer.Map(batch, RootDevice, Precision?.ElementType(), Move);
    }

    /// <inheritdoc/>
    public override SaveOperation SaveCheckpoint(TrainingState state, string path, SaveOptions? options)
    {
        _staging?.Stage(state);
        var operation = base.SaveCheckpoint(state, path, options);
        _staging?.InUseUntil(operation.Captured);
        return operation;
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync().ConfigureAwait(false);
        _staging?.Dispose();
    }

    private Tensor Move(Tensor tensor)
    {
        // Without page-locked memory a copy that is asked for in the background is none.
        var inBackground = tensor.device_type == TorchSharp.DeviceType.CPU && tensor.is_pinned();
        return BatchTransfer.TypeOf(tensor, Precision?.ElementType()) is { } type
            ? tensor.to(type, RootDevice, non_blocking: inBackground)
            : tensor.to(RootDevice, non_blocking: inBackground);
    }
}
