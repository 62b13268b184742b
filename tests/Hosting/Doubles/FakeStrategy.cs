using Fulgurite.IO;
using Fulgurite.State;
using Fulgurite.Strategies;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulgurite.Tests.Hosting.Doubles;

/// <summary>A strategy that trains nothing and needs no engine.</summary>
internal class FakeStrategy(CheckpointIO checkpointIO) : IStrategy, IDisposable
{
    public Device RootDevice => throw new NotSupportedException();

    public int GlobalRank => 0;

    public int WorldSize => 1;

    public CheckpointIO CheckpointIO { get; } = checkpointIO;

    public virtual bool SupportsCustomCheckpointIO => true;

    public void SetUp(nn.Module module)
    {
    }

    public T ToDevice<T>(T batch) => batch;

    public void Backward(Tensor loss)
    {
    }

    public void OptimizerStep(optim.Optimizer optimizer)
    {
    }

    public void Barrier()
    {
    }

    public bool ReduceDecision(bool decision, bool all = true) => decision;

    public CheckpointTicket SaveCheckpoint(TrainingState state, string path, SaveOptions? options) => CheckpointIO.Submit(state, path, options);

    public TrainingState LoadCheckpoint(string path, LoadOptions? options) => throw new NotSupportedException();

    public Task RemoveCheckpointAsync(string path) => CheckpointIO.RemoveCheckpointAsync(path, CancellationToken.None);

    public void TearDown() => CheckpointIO.FlushAsync(CancellationToken.None).GetAwaiter().GetResult();

    public virtual ValueTask DisposeAsync() => CheckpointIO.DisposeAsync();

    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();
}

/// <summary>A strategy that writes checkpoints itself.</summary>
internal sealed class ShardingStrategy(Journal journal) : FakeStrategy(new RecordingIO(journal))
{
    public override bool SupportsCustomCheckpointIO => false;
}

/// <summary>A strategy that ignores what it is handed.</summary>
internal sealed class DeafStrategy(CheckpointIO checkpointIO, Journal journal) : FakeStrategy(new OtherIO(journal))
{
    public CheckpointIO Ignored { get; } = checkpointIO;
}

/// <summary>Cannot be made.</summary>
internal sealed class FailingStrategy : FakeStrategy
{
    public FailingStrategy(CheckpointIO checkpointIO)
        : base(checkpointIO) => throw new IOException("No device.");
}
