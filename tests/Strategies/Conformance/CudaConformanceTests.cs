namespace Fulgurite.Tests.Strategies.Conformance;

[TestClass]
[Covers(typeof(CudaStrategy))]
public sealed class CudaConformanceTests : StrategyConformance
{
    protected override string? ReasonToSkip => cuda.is_available() ? null : "libtorch finds no CUDA device here.";

    protected override IStrategy Create(CheckpointIO checkpointIO, int rank, ProcessGroup group) => new CudaStrategy(checkpointIO);
}
