using Fulgurite.Testing.Conformance;

namespace Fulgurite.Tests.IO.Conformance;

[TestClass]
public sealed class InMemoryConformanceTests : CheckpointIOConformance
{
    protected override CheckpointIO Create(string directory) => new InMemoryCheckpointIO();

    protected override string? PathThatFails(string directory) => null;
}

[TestClass]
public sealed class AsyncOverInMemoryConformanceTests : CheckpointIOConformance
{
    protected override CheckpointIO Create(string directory) => new AsyncCheckpointIO(new InMemoryCheckpointIO());

    protected override string? PathThatFails(string directory) => null;
}

[TestClass]
public sealed class BlockingCaptureConformanceTests : CheckpointIOConformance
{
    protected override CheckpointIO Create(string directory) =>
        new AsyncCheckpointIO(
            new InMemoryCheckpointIO(), new AsyncCheckpointOptions { Overlap = false, CopyThreads = 1, HugePages = false });

    protected override string? PathThatFails(string directory) => null;
}

[TestClass]
public sealed class ValidatedCaptureConformanceTests : CheckpointIOConformance
{
    protected override CheckpointIO Create(string directory) =>
        new AsyncCheckpointIO(new InMemoryCheckpointIO(), new AsyncCheckpointOptions { ValidateCaptures = true, MemoryBudget = 1 });

    protected override string? PathThatFails(string directory) => null;
}

[TestClass]
public sealed class AsyncOverThreeMethodsConformanceTests : CheckpointIOConformance
{
    protected override CheckpointIO Create(string directory) => new AsyncCheckpointIO(new ThreeMethodCheckpointIO());

    protected override bool ListsFiles => false;

    protected override string? PathThatFails(string directory) => null;
}

[TestClass]
public sealed class AsyncOverWrapperConformanceTests : CheckpointIOConformance
{
    protected override CheckpointIO Create(string directory) =>
        new AsyncCheckpointIO(new StampingCheckpointIO(new PassingCheckpointIO(new InMemoryCheckpointIO())));

    protected override string? PathThatFails(string directory) => null;
}

[TestClass]
public sealed class WrapperOverAsyncConformanceTests : CheckpointIOConformance
{
    protected override CheckpointIO Create(string directory) =>
        new StampingCheckpointIO(new PassingCheckpointIO(new AsyncCheckpointIO(new InMemoryCheckpointIO())));

    protected override string? PathThatFails(string directory) => null;
}

[TestClass]
public sealed class AsyncOverFlakyConformanceTests : CheckpointIOConformance
{
    protected override CheckpointIO Create(string directory) =>
        new AsyncCheckpointIO(
            new FlakyCheckpointIO(
                new InMemoryCheckpointIO(),
                (path, _) => path.Contains("fails", StringComparison.Ordinal) ? new IOException("No space left on device") : null));

    protected override string? PathThatFails(string directory) => Path.Combine(directory, "fails.ckpt");
}

[TestClass]
public sealed class FenceProbeConformanceTests : CheckpointIOConformance
{
    protected override CheckpointIO Create(string directory) => new FenceProbe();

    protected override string? PathThatFails(string directory) => null;
}
