using Fulgurite.Testing.Conformance;

namespace Fulgurite.Tests.IO.Conformance;

[TestClass]
public sealed class SafetensorsConformanceTests : CheckpointIOConformance
{
    protected override CheckpointIO Create(string directory) => new SafetensorsCheckpointIO();
}

[TestClass]
public sealed class AsyncOverSafetensorsConformanceTests : CheckpointIOConformance
{
    protected override CheckpointIO Create(string directory) => new AsyncCheckpointIO(new SafetensorsCheckpointIO());
}

[TestClass]
public sealed class WrapperOverAsyncOverSafetensorsConformanceTests : CheckpointIOConformance
{
    protected override CheckpointIO Create(string directory) =>
        new StampingCheckpointIO(new AsyncCheckpointIO(new PassingCheckpointIO(new SafetensorsCheckpointIO())));
}

[TestClass]
public sealed class IncrementalConformanceTests : CheckpointIOConformance
{
    protected override CheckpointIO Create(string directory) => new IncrementalCheckpointIO();
}

[TestClass]
public sealed class AsyncOverIncrementalConformanceTests : CheckpointIOConformance
{
    protected override CheckpointIO Create(string directory) => new AsyncCheckpointIO(new IncrementalCheckpointIO());
}
