using Fulgurite.Composition;
using Fulgurite.IO;
using Fulgurite.State;
using Fulgurite.Strategies;
using TorchSharp;
using static TorchSharp.torch;

namespace PluginPackage;

/// <summary>Trains on the CPU with a chosen number of threads.</summary>
/// <param name="checkpointIO">How checkpoints are written; owned from now on.</param>
/// <param name="options">How many threads.</param>
[Plugin("threaded")]
public sealed class ThreadedStrategy(CheckpointIO checkpointIO, ThreadedOptions options) : IStrategy, IConfigurable<ThreadedOptions>
{
    public ThreadedOptions Options { get; } = options;

    public Device RootDevice => CPU;

    public int GlobalRank => 0;

    public int WorldSize => 1;

    public CheckpointIO CheckpointIO { get; } = checkpointIO;

    public void SetUp(nn.Module module) => set_num_threads(Options.Threads);

    public T ToDevice<T>(T batch) => batch;

    public void Backward(Tensor loss) => loss.backward();

    public void OptimizerStep(optim.Optimizer optimizer)
    {
        CheckpointIO.BeforeParametersChange();
        optimizer.step();
    }

    public void Barrier()
    {
    }

    public bool ReduceDecision(bool decision, bool all = true) => decision;

    public CheckpointTicket SaveCheckpoint(TrainingState state, string path, SaveOptions? options) => CheckpointIO.Submit(state, path, options);

    public TrainingState LoadCheckpoint(string path, LoadOptions? options) =>
        CheckpointIO.LoadCheckpointAsync(path, options, CancellationToken.None).GetAwaiter().GetResult();

    public Task RemoveCheckpointAsync(string path) => CheckpointIO.RemoveCheckpointAsync(path, CancellationToken.None);

    public void TearDown() => CheckpointIO.FlushAsync(CancellationToken.None).GetAwaiter().GetResult();

    public ValueTask DisposeAsync() => CheckpointIO.DisposeAsync();
}
