using Fulgurite.Testing.Conformance;

namespace Fulgurite.Tests.IO.Conformance;

/// <summary>The storage without direct IO, reserved space, links and directory sync, as on systems other than Linux.</summary>
[TestClass]
public sealed class PortableConformanceTests : CheckpointIOConformance
{
    [TestMethod]
    public void Write_LargeFileWithoutNativeCalls_IsComplete()
    {
        using var directory = new TemporaryDirectory();
        var calls = new PortableCalls();
        var bytes = new byte[5_000_001];
        new Random(3).NextBytes(bytes);
        var storage = new LocalStorage(new LocalStorageOptions { DirectIO = true, DirectIOThreshold = 0 }, calls);

        var content = new FileContent();
        content.Add(bytes);
        storage.Write(directory["file"], content, CancellationToken.None);

        Assert.IsTrue(File.ReadAllBytes(directory["file"]).AsSpan().SequenceEqual(bytes));
        Assert.IsFalse(storage.TryLink(directory["file"], directory["link"]));
        Assert.AreEqual(1, calls.Renames);
    }

    protected override CheckpointIO Create(string directory) =>
        new TorchCheckpointIO(new LocalStorage(new LocalStorageOptions(), new PortableCalls()));
}

[TestClass]
public sealed class AsyncOverPortableConformanceTests : CheckpointIOConformance
{
    protected override CheckpointIO Create(string directory) =>
        new AsyncCheckpointIO(new TorchCheckpointIO(new LocalStorage(new LocalStorageOptions(), new PortableCalls())));
}

/// <summary>Counts the renames.</summary>
internal sealed class PortableCalls : ManagedFileCalls
{
    private int _renames;

    public int Renames => _renames;

    public override void Rename(string path, string target)
    {
        base.Rename(path, target);
        Interlocked.Increment(ref _renames);
    }
}
