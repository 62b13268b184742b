using Fulgurite.Testing.Conformance;

namespace Fulgurite.Tests.IO.Conformance;

[TestClass]
public sealed class TorchConformanceTests : CheckpointIOConformance
{
    protected override CheckpointIO Create(string directory) => new TorchCheckpointIO();
}

[TestClass]
public sealed class AsyncOverTorchConformanceTests : CheckpointIOConformance
{
    protected override CheckpointIO Create(string directory) => new AsyncCheckpointIO(new TorchCheckpointIO());
}

[TestClass]
public sealed class WrapperOverAsyncOverTorchConformanceTests : CheckpointIOConformance
{
    protected override CheckpointIO Create(string directory) =>
        new StampingCheckpointIO(new AsyncCheckpointIO(new PassingCheckpointIO(new TorchCheckpointIO())));
}
