namespace Fulgurite.Tests.IO.Storage;

[TestClass]
public sealed class LocalStorageTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly LocalStorage _storage = new(new LocalStorageOptions { DirectIOThreshold = 0 });

    private string Target => _directory["target"];

    public void Dispose() => _directory.Dispose();

    [TestMethod]
    [DataRow(0)]
    [DataRow(1)]
    [DataRow(4095)]
    [DataRow(4096)]
    [DataRow(4097)]
    [DataRow((4 << 20) + 1)]
    [DataRow((9 << 20) + 513)]
    [DataRow(40 << 20)]
    public void Write_AnyLength_IsReadBackAndLeavesNothingElse(int length)
    {
        var bytes = Bytes(length, 1);

        _storage.Write(Target, Contents.Of(bytes), CancellationToken.None);

        Assert.IsTrue(bytes.AsSpan().SequenceEqual(File.ReadAllBytes(Target)));
        CollectionAssert.AreEqual(new[] { Target }, Directory.GetFileSystemEntries(_directory.Path));
    }

    [TestMethod]
    public void MemoryStorage_LinksListsAndReads_LikeADisk()
    {
        var storage = new MemoryStorage { ["run/a"] = [1, 2, 3], ["run/deep/b"] = [4], ["other/c"] = [5] };

        Assert.IsTrue(storage.TryLink("run/a", "run/d"));
        Assert.IsFalse(storage.TryLink("run/none", "run/e"));

        Assert.AreSequenceEqual(
            ["run/a", "run/d"], storage.List("run/").Select(entry => entry.Path).Order(StringComparer.Ordinal));
        using var reader = storage.Open("run/d");
        Assert.ThrowsExactly<CheckpointCorruptException>(() => reader.Read(2, new byte[2]));
        Assert.ThrowsExactly<CheckpointCorruptException>(() => reader.Read(-1, new byte[1]));
        Assert.ThrowsExactly<CheckpointNotFoundException>(() => storage["run/e"]);
    }

    [TestMethod]
    public void Write_OverAFile_ReplacesItAsAWhole()
    {
        _storage.Write(Target, Contents.Of("old"u8.ToArray()), CancellationToken.None);
        using var reader = _storage.Open(Target);

        _storage.Write(Target, Contents.Of("new and longer"u8.ToArray()), CancellationToken.None);

        var seen = new byte[3];
        reader.Read(0, seen);
        CollectionAssert.AreEqual("old"u8.ToArray(), seen, "whoever had it open sees the old file");
        Assert.AreEqual("new and longer", File.ReadAllText(Target));
    }

    [TestMethod]
    public void Map_NobodyDisposesIt_IsGivenBackWithTheFile()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Inconclusive("What is mapped is asked of /proc.");
        }

        _storage.Write(Target, Contents.Of(Bytes(1 << 20, 1)), CancellationToken.None);
        for (var round = 0; round < 10; round++)
        {
            MapAndForget();
        }

        for (var attempt = 0; attempt < 20 && Mappings() > 0; attempt++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.AreEqual(0, Mappings(), "Space on the disk is kept by files that were replaced and are mapped still.");
    }

    [TestMethod]
    public void Write_DirectIORefusedToSeveralThreads_GoesOnThroughThePageCache()
    {
        const int pieces = 64, size = 8192;
        var bytes = Bytes((pieces * size) + 1, 3);
        using (var target = new LocalFileTarget(FileCalls.Native, Target, pieces * size, direct: true))
        {
            // One byte off the page: what direct IO refuses.
            Parallel.For(0, pieces, piece => target.Write(piece * size, bytes.AsSpan(1 + (piece * size), size)));
            target.Publish(pieces * size);
        }

        Assert.IsTrue(bytes.AsSpan(1).SequenceEqual(File.ReadAllBytes(Target)));
    }

    [TestMethod]
    public void Map_ThenOverwriteTheFile_KeepsTheOldContent()
    {
        var old = Bytes(100_000, 3);
        _storage.Write(Target, Contents.Of(old), CancellationToken.None);
        FileMapping mapping;
        using (var reader = _storage.Open(Target))
        {
            mapping = reader.Map()!;
        }

        _storage.Write(Target, Contents.Of(Bytes(50, 4)), CancellationToken.None);
        _storage.Delete(Target);

        unsafe
        {
            Assert.IsTrue(new ReadOnlySpan<byte>((void*)mapping.Address, old.Length).SequenceEqual(old));
        }

        mapping.Dispose();
    }

    [TestMethod]
    public void Write_Cancelled_LeavesTheOldFile()
    {
        _storage.Write(Target, Contents.Of("old"u8.ToArray()), CancellationToken.None);
        using var cancellation = new CancellationTokenSource();
        var content = new FileContent();
        content.AddLate(3, new CancellingBytes(cancellation), 0);

        Assert.ThrowsExactly<OperationCanceledException>(() => _storage.Write(Target, content, cancellation.Token));

        Assert.AreEqual("old", File.ReadAllText(Target));
        Assert.AreEqual(1, Directory.GetFileSystemEntries(_directory.Path).Length);
    }

    [TestMethod]
    public void Write_MakerThrows_LeavesTheOldFile()
    {
        _storage.Write(Target, Contents.Of("old"u8.ToArray()), CancellationToken.None);
        var content = new FileContent();
        content.Add(Bytes(20 << 20, 1));
        content.AddLate(3, new ThrowingBytes(), 0);

        Assert.ThrowsExactly<TimeoutException>(() => _storage.Write(Target, content, CancellationToken.None));

        Assert.AreEqual("old", File.ReadAllText(Target));
        Assert.AreEqual(1, Directory.GetFileSystemEntries(_directory.Path).Length);
    }

    [TestMethod]
    public void Write_NewFile_HasThePermissionsThatTheUmaskLeaves()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Inconclusive("Windows has no umask.");
            return;
        }

        File.WriteAllText(_directory["plain"], string.Empty);
        var expected = File.GetUnixFileMode(_directory["plain"]);

        _storage.Write(Target, Contents.Of([1]), CancellationToken.None);
        new LocalStorage(new LocalStorageOptions { DirectIO = false }).Write(
            _directory["buffered"], Contents.Of([1]), CancellationToken.None);

        Assert.AreEqual(expected, File.GetUnixFileMode(Target));
        Assert.AreEqual(expected, File.GetUnixFileMode(_directory["buffered"]));
    }

    [TestMethod]
    public void Write_FirstInADirectory_SweepsWhatDeadProcessesLeft()
    {
        // What a writer of now is called tells how one of a dead process is called.
        var content = new FileContent();
        var names = new NameTakingBytes(_directory.Path);
        content.AddLate(1, names, 0);
        _storage.Write(_directory["first"], content, CancellationToken.None);
        var fields = names.Name!.Split('-');
        var dead = string.Join('-', [fields[0], fields[1], fields[2], "1", fields[4]]);
        var foreign = string.Join('-', [fields[0], "00000000", "1", "1", fields[4]]);
        File.WriteAllText(_directory[dead], "dead");
        File.WriteAllText(_directory[foreign], "another machine's");
        File.WriteAllText(_directory[names.Name], "alive");

        new LocalStorage().Write(Target, Contents.Of([1]), CancellationToken.None);

        Assert.IsFalse(File.Exists(_directory[dead]), "a dead process's");
        Assert.IsTrue(File.Exists(_directory[foreign]), "another machine's");
        Assert.IsTrue(File.Exists(_directory[names.Name]), "this process's");
    }

    [TestMethod]
    public void Open_Nothing_SaysThatThereIsNone()
    {
        Assert.ThrowsExactly<CheckpointNotFoundException>(() => _storage.Open(Target));
        Assert.ThrowsExactly<CheckpointNotFoundException>(() => _storage.Open(_directory["none/target"]));
        Assert.Contains(
            $"The path is relative to '{Directory.GetCurrentDirectory()}'.",
            Assert.ThrowsExactly<CheckpointNotFoundException>(() => _storage.Open("none.ckpt")).Message);
    }

    [TestMethod]
    public void GetAvailableBytes_OfAPathToBe_IsThatOfItsDisk() =>
        Assert.IsGreaterThan(0L, _storage.GetAvailableBytes(_directory["a/b/c"])!.Value);

    private static byte[] Bytes(int length, int seed)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private void MapAndForget()
    {
        using var reader = _storage.Open(Target);
        Assert.AreNotEqual(0, reader.Map()!.Address);
    }

    private int Mappings() => File.ReadLines("/proc/self/maps").Count(line => line.Contains(_directory.Path, StringComparison.Ordinal));

    private sealed class CancellingBytes(CancellationTokenSource cancellation) : IDeferredPart
    {
        public void Write(int part, int start, Span<byte> destination) => cancellation.Cancel();
    }

    private sealed class ThrowingBytes : IDeferredPart
    {
        public void Write(int part, int start, Span<byte> destination) => throw new TimeoutException();
    }

    private sealed class NameTakingBytes(string directory) : IDeferredPart
    {
        public string? Name { get; private set; }

        public void Write(int part, int start, Span<byte> destination) => Name = Path.GetFileName(Directory.GetFiles(directory).Single());
    }
}
