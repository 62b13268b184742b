using Fulgurite.Testing.Conformance;

namespace Fulgurite.Tests.IO.Conformance;

[TestClass]
public sealed class CustomConformanceTests : CheckpointIOConformance
{
    protected override CheckpointIO Create(string directory) => Make();

    protected override string? PathThatFails(string directory) => null;

    internal static CustomCheckpointIO Make()
    {
        var memory = new InMemoryCheckpointIO();
        return new CustomCheckpointIO(
            memory.SaveCheckpointAsync,
            memory.LoadCheckpointAsync,
            memory.RemoveCheckpointAsync,
            memory.ExistsAsync,
            memory.ListFilesAsync);
    }
}

[TestClass]
public sealed class AsyncOverCustomConformanceTests : CheckpointIOConformance
{
    protected override CheckpointIO Create(string directory) => new AsyncCheckpointIO(CustomConformanceTests.Make());

    protected override string? PathThatFails(string directory) => null;
}
