namespace Fulgurite.Tests.Strategies.Conformance;

[TestClass]
public sealed class SingleDeviceConformanceTests : StrategyConformance
{
    protected override IStrategy Create(CheckpointIO checkpointIO, int rank, ProcessGroup group) => new SingleDeviceStrategy(checkpointIO);
}
