using Fulgurite.Composition;
using Fulgurite.IO;
using Fulgurite.State;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulgurite.Strategies;

/// <summary>Trains in this process on one device.</summary>
[Plugin("single")]
public sealed class SingleDeviceStrategy : IStrategy, IConfigurable<SingleDeviceStrategyOptions>, IDisposable
{
    /// <summary>Makes a strategy.</summary>
    /// <param name="checkpointIO">How checkpoints are written; owned by the strategy from now on.</param>
    /// <param name="device">The device, such as <c>cpu</c> or <c>cuda:0</c>. Default: the CPU.</param>
    public SingleDeviceStrategy(CheckpointIO checkpointIO, Device? device = null)
    {
        ArgumentNullException.ThrowIfNull(checkpointIO);
        CheckpointIO = checkpointIO;
        RootDevice = device ?? CPU;
        Options = new SingleDeviceStrategyOptions { Device = RootDevice.ToString() };
    }

    /// <summary>Makes a strategy.</summary>
    /// <param name="checkpointIO">How checkpoints are written; owned by the strategy from now on.</param>
    /// <param name="options">On which device.</param>
    /// <exception cref="InvalidOperationException">The device is not there.</exception>
    public SingleDeviceStrategy(CheckpointIO checkpointIO, SingleDeviceStrategyOptions options)
        : this(checkpointIO, Find((options ?? throw new ArgumentNullException(nameof(options))).Device)) => Options = options;

    /// <inheritdoc/>
    public SingleDeviceStrategyOptions Options { get; }

    /// <inheritdoc/>
    public Device RootDevice { get; }

    /// <inheritdoc/>
    public int GlobalRank => 0;

    /// <inheritdoc/>
    public int WorldSize => 1;

    /// <inheritdoc/>
    public CheckpointIO CheckpointIO { get; }

    /// <inheritdoc/>
    public void SetUp(nn.Module module)
    {
        ArgumentNullException.ThrowIfNull(module);
        CheckpointIO.BeforeParametersChange();
        module.to(RootDevice);
    }

    /// <inheritdoc/>
    public T ToDevice<T>(T batch) => BatchTransfer.To(batch, RootDevice);

    /// <inheritdoc/>
    public void Backward(Tensor loss)
    {
        ArgumentNullException.ThrowIfNull(loss);
        loss.backward();
    }

    /// <inheritdoc/>
    public void OptimizerStep(optim.Optimizer optimizer)
    {
        ArgumentNullException.ThrowIfNull(optimizer);
        CheckpointIO.BeforeParametersChange();
        optimizer.step();
    }

    /// <inheritdoc/>
    public void Barrier()
    {
    }

    /// <inheritdoc/>
    public bool ReduceDecision(bool decision, bool all = true) => decision;

    /// <inheritdoc/>
    public CheckpointTicket SaveCheckpoint(TrainingState state, string path, SaveOptions? options) => CheckpointIO.Submit(state, path, options);

    /// <inheritdoc/>
    public TrainingState LoadCheckpoint(string path, LoadOptions? options) =>
        CheckpointIO.LoadCheckpointAsync(path, options, CancellationToken.None).GetAwaiter().GetResult();

    /// <inheritdoc/>
    public Task RemoveCheckpointAsync(string path) => CheckpointIO.RemoveCheckpointAsync(path, CancellationToken.None);

    /// <inheritdoc/>
    public void TearDown() => CheckpointIO.FlushAsync(CancellationToken.None).GetAwaiter().GetResult();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => CheckpointIO.DisposeAsync();

    /// <inheritdoc cref="DisposeAsync"/>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    private static Device Find(string name)
    {
        var device = new Device(name);
        if (device.type != DeviceType.CUDA)
        {
            return device;
        }

        var count = cuda.is_available() ? cuda.device_count() : 0;
        return device.index < count && count > 0 ? device : throw new InvalidOperationException(
            $"SingleDeviceStrategyOptions.Device is '{name}', and libtorch finds {Found(count)} here. Set it to one that is there, such as 'cpu', or use a libtorch with CUDA.");
    }

    private static string Found(int count) => count switch
    {
        0 => "no CUDA device",
        1 => "one CUDA device, cuda:0,",
        _ => $"{count} CUDA devices, cuda:0 to cuda:{count - 1},",
    };
}
