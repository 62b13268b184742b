namespace Fulgurite.Tests.Strategies.Conformance;

[TestClass]
public sealed class InProcessConformanceTests : StrategyConformance
{
    protected override int WorldSize => 3;

    protected override IStrategy Create(CheckpointIO checkpointIO, int rank, ProcessGroup group) =>
        new InProcessStrategy(checkpointIO, group, rank);
}

[TestClass]
public sealed class InProcessAloneConformanceTests : StrategyConformance
{
    protected override IStrategy Create(CheckpointIO checkpointIO, int rank, ProcessGroup group) =>
        new InProcessStrategy(checkpointIO, group, rank);
}
