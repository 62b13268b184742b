using Fulgurite.Composition;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>Trains in this process on one device.</summary>
[Plugin("single")]
public sealed class SingleDeviceStrategy : Strategy, IConfigurable<SingleDeviceStrategyOptions>
{
    /// <summary>Makes a strategy.</summary>
    /// <param name="checkpointIO">How checkpoints are written; owned by the strategy from now on.</param>
    /// <param name="device">The device, such as <c>cpu</c> or <c>cuda:0</c>. Default: the CPU.</param>
    public SingleDeviceStrategy(CheckpointIO checkpointIO, Device? device = null)
        : base(checkpointIO)
    {
        RootDevice = device ?? CPU;
        Options = new SingleDeviceStrategyOptions { Device = RootDevice.ToString() };
    }

    /// <summary>Makes a strategy.</summary>
    /// <param name="checkpointIO">How checkpoints are written; owned by the strategy from now on.</param>
    /// <param name="options">On which device.</param>
    /// <exception cref="InvalidOperationException">The device is not there.</exception>
    public SingleDeviceStrategy(CheckpointIO checkpointIO, SingleDeviceStrategyOptions options)
        : base(checkpointIO)
    {
        ArgumentNullException.ThrowIfNull(options);
        RootDevice = CudaDevices.Require(
            new Device(options.Device), $"{nameof(SingleDeviceStrategyOptions)}.{nameof(options.Device)} is '{options.Device}'");
        Options = options;
    }

    /// <inheritdoc/>
    public SingleDeviceStrategyOptions Options { get; }

    /// <inheritdoc/>
    public override Device RootDevice { get; }
}
