using static TorchSharp.torch;

namespace Fulgurite.Tests.Hosting.Doubles;

/// <summary>A strategy that trains nothing and does not load libtorch.</summary>
internal class FakeStrategy(CheckpointIO checkpointIO) : Strategy(checkpointIO)
{
    public override Device RootDevice => throw new NotSupportedException();

    public override void SetUp(nn.Module module, Precision? precision = null)
    {
    }

    public override T ToDevice<T>(T batch) => batch;

    public override void Backward(Tensor loss)
    {
    }

    public override void OptimizerStep(optim.Optimizer optimizer)
    {
    }
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
