using Fulgurite.Testing.Conformance;

namespace Fulgurite.Tests.Docs.Snippets.Extending;

[TestClass]
public sealed class GzipCheckpointIOTests : CheckpointIOConformance
{
    protected override CheckpointIO Create(string directory) => new GzipCheckpointIO();
}

[TestClass]
public sealed class AsyncGzipCheckpointIOTests : CheckpointIOConformance
{
    protected override CheckpointIO Create(string directory) => new AsyncCheckpointIO(new GzipCheckpointIO());
}

[TestClass]
public sealed class GzipBehindAsyncTests : AsyncCheckpointIOConformance
{
    protected override CheckpointIO Wrap(CheckpointIO inner) => new AsyncCheckpointIO(inner);

    protected override CheckpointIO CreateBase(string directory) => new GzipCheckpointIO();
}
