using Fulgurite.Testing.Conformance;

namespace Fulgurite.Tests.IO.Conformance;

[TestClass]
public sealed class ShardedConformanceTests : CheckpointIOConformance
{
    protected override CheckpointIO Create(string directory) => new ShardedCheckpointIO();
}

[TestClass]
public sealed class ShardedInMemoryConformanceTests : CheckpointIOConformance
{
    protected override CheckpointIO Create(string directory) => new ShardedCheckpointIO(new MemoryStorage());

    protected override string? PathThatFails(string directory) => null;
}

[TestClass]
public sealed class AsyncOverShardedConformanceTests : CheckpointIOConformance
{
    protected override CheckpointIO Create(string directory) => new AsyncCheckpointIO(new ShardedCheckpointIO());
}

[TestClass]
public sealed class WrapperOverAsyncOverShardedConformanceTests : CheckpointIOConformance
{
    protected override CheckpointIO Create(string directory) =>
        new StampingCheckpointIO(new AsyncCheckpointIO(new PassingCheckpointIO(new ShardedCheckpointIO())));
}
