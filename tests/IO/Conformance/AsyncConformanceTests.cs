using Fulgurite.Testing.Conformance;

namespace Fulgurite.Tests.IO.Conformance;

[TestClass]
public sealed class AsyncConformanceTests : AsyncCheckpointIOConformance
{
    protected override CheckpointIO Wrap(CheckpointIO inner) => new AsyncCheckpointIO(inner);
}

[TestClass]
public sealed class AsyncWithoutOverlapConformanceTests : AsyncCheckpointIOConformance
{
    protected override CheckpointIO Wrap(CheckpointIO inner) =>
        new AsyncCheckpointIO(inner, new AsyncCheckpointOptions { Overlap = false, CopyThreads = 1 });
}

[TestClass]
public sealed class TorchBehindAsyncConformanceTests : AsyncCheckpointIOConformance
{
    protected override CheckpointIO Wrap(CheckpointIO inner) => new AsyncCheckpointIO(inner);

    protected override CheckpointIO CreateBase(string directory) => new TorchCheckpointIO();
}

[TestClass]
public sealed class SafetensorsBehindAsyncConformanceTests : AsyncCheckpointIOConformance
{
    protected override CheckpointIO Wrap(CheckpointIO inner) =>
        new AsyncCheckpointIO(inner, new AsyncCheckpointOptions { ValidateCaptures = true });

    protected override CheckpointIO CreateBase(string directory) => new SafetensorsCheckpointIO();
}

[TestClass]
public sealed class WrappersAroundAsyncConformanceTests : AsyncCheckpointIOConformance
{
    protected override CheckpointIO Wrap(CheckpointIO inner) =>
        new PassingCheckpointIO(new AsyncCheckpointIO(new PassingCheckpointIO(inner)));

    protected override CheckpointIO CreateBase(string directory) => new TorchCheckpointIO();
}
