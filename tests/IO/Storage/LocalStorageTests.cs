using System.Runtime.InteropServices;

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

        _storage.Write(Target, Content(bytes), CancellationToken.None);

        Assert.IsTrue(bytes.AsSpan().SequenceEqual(File.ReadAllBytes(Target)));
        CollectionAssert.AreEqual(new[] { Target }, Directory.GetFileSystemEntries(_directory.Path));
    }

    [TestMethod]
    public void DeleteFolder_EmptyOrNot_RemovesOnlyTheEmptyOne()
    {
        var folder = _directory["folder"];
        var file = Path.Combine(folder, "a");
        _storage.Write(file, Content([1]), CancellationToken.None);

        _storage.DeleteFolder(folder);
        Assert.IsTrue(File.Exists(file));

        _storage.Delete(file);
        _storage.DeleteFolder(folder);
        Assert.IsFalse(Directory.Exists(folder));

        _storage.DeleteFolder(folder);
        _storage.Write(file, Content([2]), CancellationToken.None);
        Assert.AreSequenceEqual(new byte[] { 2 }, File.ReadAllBytes(file));
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public unsafe void Write_MemoryAndLateParts_HoldsItsChecksums(bool direct)
    {
        // Aligned and unaligned stretches, small and large, each before and after a part that holds checksums.
        var storage = new LocalStorage(new LocalStorageOptions { DirectIO = direct, DirectIOThreshold = 0, Concurrency = 3 });
        var lengths = new[] { 5, 9 << 20, 4096, 70_000, (12 << 20) + 77, 1, 300_000 };
        var memory = Array.ConvertAll(lengths, length => (nint)NativeMemory.AlignedAlloc((nuint)length, 4096));
        var content = new FileContent();
        var checksums = new ChecksumBytes(content);
        content.Add(Bytes(4091, 2));
        for (var index = 0; index < lengths.Length; index++)
        {
            new Random(index).NextBytes(new Span<byte>((void*)memory[index], lengths[index]));
            content.AddLate(4, checksums, index);
            content.AddMemory(memory[index], lengths[index], this);
        }

        content.AddTail(lengths.Length * 4, checksums, -1);
        storage.Write(Target, content, CancellationToken.None);

        var file = File.ReadAllBytes(Target).AsSpan(4091);
        for (var index = 0; index < lengths.Length; index++)
        {
            var expected = new ReadOnlySpan<byte>((void*)memory[index], lengths[index]);
            Assert.IsTrue(file.Slice(4, lengths[index]).SequenceEqual(expected), $"part {index}");
            Assert.AreEqual(SlowCrc(expected), MemoryMarshal.Read<uint>(file), $"checksum before part {index}");
            Assert.AreEqual(
                SlowCrc(expected), MemoryMarshal.Read<uint>(file[^((lengths.Length - index) * 4)..]),
                $"checksum of part {index} at the end");
            file = file[(4 + lengths[index])..];
            NativeMemory.AlignedFree((void*)memory[index]);
        }
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public unsafe void Write_MemoryWithKnownChecksum_TakesItAsItIs(bool direct)
    {
        // Written from where it lies, and gathered. The checksum is not the right one, so that one computed anew would show.
        const uint known = 0xDEADBEEF;
        var storage = new LocalStorage(new LocalStorageOptions { DirectIO = direct, DirectIOThreshold = 0, Concurrency = 3 });
        foreach (var length in new[] { 9 << 20, 5000 })
        {
            var memory = (nint)NativeMemory.AlignedAlloc((nuint)length, 4096);
            new Random(length).NextBytes(new Span<byte>((void*)memory, length));
            var content = new FileContent();
            content.AddLate(4, new ChecksumBytes(content), 0);
            content.AddMemory(memory, length, this, known);
            storage.Write(Target, content, CancellationToken.None);

            var file = File.ReadAllBytes(Target);
            Assert.AreEqual(known, MemoryMarshal.Read<uint>(file));
            Assert.IsTrue(file.AsSpan(4).SequenceEqual(new ReadOnlySpan<byte>((void*)memory, length)));
            NativeMemory.AlignedFree((void*)memory);
        }
    }

    [TestMethod]
    public void Write_StreamThatGoesBackAndForth_HasWhatWasWrittenLast()
    {
        // Larger than the buffer, and with a hole.
        var length = _storage.Write(
            Target,
            stream =>
            {
                Assert.IsTrue(stream is { CanSeek: true, CanWrite: true, CanRead: false });
                stream.Write(new byte[100_000]);
                stream.Seek(-2, SeekOrigin.End);
                stream.WriteByte(1);
                stream.Seek(10, SeekOrigin.Begin);
                stream.WriteByte(2);
                stream.Seek(5, SeekOrigin.Current);
                stream.WriteByte(3);
                stream.Position = 100_010;
                stream.WriteByte(4);
            },
            CancellationToken.None);

        var bytes = File.ReadAllBytes(Target);
        Assert.AreEqual(100_011, length);
        Assert.AreEqual(length, bytes.Length);
        Assert.AreSequenceEqual(
            [(10, 2), (16, 3), (99_998, 1), (100_010, 4)],
            bytes.Select((value, index) => (index, (int)value)).Where(entry => entry.Item2 != 0));
    }

    [TestMethod]
    public void Write_StreamClosedByTheWriter_IsWritten()
    {
        _storage.Write(
            Target,
            stream =>
            {
                stream.Write([1, 2, 3]);
                stream.Dispose();
            },
            CancellationToken.None);

        Assert.AreSequenceEqual<byte>([1, 2, 3], File.ReadAllBytes(Target));
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
        _storage.Write(Target, Content("old"u8.ToArray()), CancellationToken.None);
        using var reader = _storage.Open(Target);

        _storage.Write(Target, Content("new and longer"u8.ToArray()), CancellationToken.None);

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

        _storage.Write(Target, Content(Bytes(1 << 20, 1)), CancellationToken.None);
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
    public void Write_PathOfADirectoryThatIsNotThere_SaysSoAndMakesNothing()
    {
        var failure = Assert.ThrowsExactly<CheckpointException>(() => _storage.Write(Target + "/", Content([1]), CancellationToken.None));
        StringAssert.Contains(failure.Message, "the path is a directory");
        Assert.AreEqual(0, Directory.GetFileSystemEntries(_directory.Path).Length);
    }

    [TestMethod]
    public void Map_ThenOverwriteTheFile_KeepsTheOldContent()
    {
        var old = Bytes(100_000, 3);
        _storage.Write(Target, Content(old), CancellationToken.None);
        FileMapping mapping;
        using (var reader = _storage.Open(Target))
        {
            mapping = reader.Map()!;
        }

        _storage.Write(Target, Content(Bytes(50, 4)), CancellationToken.None);
        _storage.Delete(Target);

        unsafe
        {
            Assert.IsTrue(new ReadOnlySpan<byte>((void*)mapping.Address, old.Length).SequenceEqual(old));
        }

        mapping.Dispose();
    }

    [TestMethod]
    public void Write_ToADirectory_SaysSoAndLeavesIt()
    {
        Directory.CreateDirectory(Target);

        var failure = Assert.ThrowsExactly<CheckpointException>(() => _storage.Write(Target, Content([1]), CancellationToken.None));

        StringAssert.Contains(failure.Message, "the path is a directory");
        Assert.AreEqual(Target, failure.Path);
        Assert.IsFalse(failure.IsTransient);
        Assert.IsTrue(Directory.Exists(Target));
    }

    [TestMethod]
    public void Write_BelowAFile_SaysSo()
    {
        File.WriteAllText(_directory["file"], "x");

        var failure = Assert.ThrowsExactly<CheckpointException>(
            () => _storage.Write(_directory["file/target"], Content([1]), CancellationToken.None));

        StringAssert.Contains(failure.Message, _directory["file/target"]);
        Assert.AreEqual("x", File.ReadAllText(_directory["file"]));
    }

    [TestMethod]
    public void Write_IntoMissingDirectories_MakesThem()
    {
        _storage.Write(_directory["a/b/target"], Content([7]), CancellationToken.None);

        CollectionAssert.AreEqual(new byte[] { 7 }, File.ReadAllBytes(_directory["a/b/target"]));
    }

    [TestMethod]
    public void Write_ThroughASymbolicLink_ReplacesWhatItPointsTo()
    {
        Directory.CreateDirectory(_directory["elsewhere"]);
        File.WriteAllText(_directory["elsewhere/file"], "old");
        File.CreateSymbolicLink(Target, _directory["elsewhere/file"]);

        _storage.Write(Target, Content("new"u8.ToArray()), CancellationToken.None);

        Assert.AreEqual("new", File.ReadAllText(_directory["elsewhere/file"]));
        Assert.IsNotNull(new FileInfo(Target).LinkTarget, "it is still a link");
        Assert.AreEqual(1, Directory.GetFileSystemEntries(_directory["elsewhere"]).Length);
    }

    [TestMethod]
    public void Write_ThroughLinksInACircle_SaysSo()
    {
        File.CreateSymbolicLink(Target, _directory["other"]);
        File.CreateSymbolicLink(_directory["other"], Target);

        var failure = Assert.ThrowsExactly<CheckpointException>(() => _storage.Write(Target, Content([1]), CancellationToken.None));

        StringAssert.Contains(failure.Message, Target);
    }

    [TestMethod]
    public void Write_TooLongAName_SaysSo()
    {
        var failure = Assert.ThrowsExactly<CheckpointException>(
            () => _storage.Write(_directory[new string('a', 300)], Content([1]), CancellationToken.None));

        StringAssert.Contains(failure.Message, "too long");
        Assert.IsEmpty(Directory.GetFileSystemEntries(_directory.Path));
    }

    [TestMethod]
    public void Write_LongestName_IsWritten()
    {
        _storage.Write(_directory[new string('a', 255)], Content([1]), CancellationToken.None);

        Assert.AreEqual(1, Directory.GetFileSystemEntries(_directory.Path).Length);
    }

    [TestMethod]
    public void Write_Cancelled_LeavesTheOldFile()
    {
        _storage.Write(Target, Content("old"u8.ToArray()), CancellationToken.None);
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
        _storage.Write(Target, Content("old"u8.ToArray()), CancellationToken.None);
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

        _storage.Write(Target, Content([1]), CancellationToken.None);
        new LocalStorage(new LocalStorageOptions { DirectIO = false }).Write(_directory["buffered"], Content([1]), CancellationToken.None);

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

        new LocalStorage().Write(Target, Content([1]), CancellationToken.None);

        Assert.IsFalse(File.Exists(_directory[dead]), "a dead process's");
        Assert.IsTrue(File.Exists(_directory[foreign]), "another machine's");
        Assert.IsTrue(File.Exists(_directory[names.Name]), "this process's");
    }

    [TestMethod]
    public void TryLink_ToAnotherName_IsTheSameFileUntilReplaced()
    {
        _storage.Write(Target, Content("one"u8.ToArray()), CancellationToken.None);
        File.WriteAllText(_directory["second"], "before");

        Assert.IsTrue(_storage.TryLink(Target, _directory["second"]));
        Assert.IsTrue(_storage.TryLink(Target, _directory["second"]), "again, over itself");
        _storage.Write(Target, Content("two"u8.ToArray()), CancellationToken.None);

        Assert.AreEqual("one", File.ReadAllText(_directory["second"]));
        Assert.AreEqual(2, Directory.GetFileSystemEntries(_directory.Path).Length);
    }

    [TestMethod]
    public void TryLink_OfNothing_IsFalse() => Assert.IsFalse(_storage.TryLink(_directory["none"], Target));

    [TestMethod]
    [TestProperty("Behaviour", "CC4")]
    public void TryLink_AcrossFileSystems_IsFalse()
    {
        if (!Directory.Exists("/dev/shm") || new DriveInfo("/dev/shm").DriveFormat == new DriveInfo(_directory.Path).DriveFormat)
        {
            Assert.Inconclusive("There is no second file system at /dev/shm.");
        }

        var other = Path.Combine("/dev/shm", Path.GetFileName(_directory.Path));
        _storage.Write(Target, Content([1]), CancellationToken.None);

        Assert.IsFalse(_storage.TryLink(Target, other));
        _storage.Write(other, Content([2]), CancellationToken.None);
        CollectionAssert.AreEqual(
            new byte[] { 2 }, File.ReadAllBytes(other), "a file system without direct IO is written through the page cache");
        _storage.Delete(other);
    }

    [TestMethod]
    public void Open_Nothing_SaysThatThereIsNone()
    {
        Assert.ThrowsExactly<CheckpointNotFoundException>(() => _storage.Open(Target));
        Assert.ThrowsExactly<CheckpointNotFoundException>(() => _storage.Open(_directory["none/target"]));
    }

    [TestMethod]
    public void Delete_FileLinkOrNothing_LeavesTheRest()
    {
        File.WriteAllText(_directory["file"], "x");
        File.CreateSymbolicLink(Target, _directory["file"]);

        _storage.Delete(Target);
        _storage.Delete(_directory["none"]);

        Assert.AreEqual("x", File.ReadAllText(_directory["file"]));
        Assert.IsFalse(File.Exists(Target));
    }

    [TestMethod]
    public void Delete_SeveralFiles_SyncsTheirFolderOnce()
    {
        var calls = new RecordingCalls();
        var storage = new LocalStorage(null, calls);
        string[] files = [_directory["a"], _directory["none"], _directory["b"], _directory["c"]];
        foreach (var file in files.Where(file => file != _directory["none"]))
        {
            File.WriteAllText(file, "x");
        }

        storage.Delete(files);

        Assert.IsEmpty(Directory.GetFileSystemEntries(_directory.Path));
        Assert.AreSequenceEqual(["open directory", "delete", "delete", "delete", "sync directory"], calls.Names);
        calls.Clear();
        storage.Delete(files);
        Assert.IsEmpty(calls.Names, "There is nothing left to delete.");
    }

    [TestMethod]
    public void Delete_OneOfSeveralFilesFails_DeletesTheOthersAndNamesIt()
    {
        var storage = new LocalStorage(null, new RecordingCalls { Failing = "delete", Error = 5 });
        string[] files = [_directory["a"], _directory["b"]];
        Array.ForEach(files, file => File.WriteAllText(file, "x"));

        var failure = Assert.ThrowsExactly<CheckpointException>(() => storage.Delete(files));

        Assert.AreEqual(files[0], failure.Path);
        CollectionAssert.AreEqual(files[..1], Directory.GetFileSystemEntries(_directory.Path));
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

    private static FileContent Content(byte[] bytes)
    {
        var content = new FileContent();
        content.Add(bytes);
        return content;
    }

    /// <summary>The CRC-32 of zip files, bit by bit.</summary>
    private static uint SlowCrc(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) * 0xEDB88320);
            }
        }

        return ~crc;
    }

    private sealed class ChecksumBytes(FileContent content) : IDeferredPart
    {
        public void Write(int part, int start, Span<byte> destination)
        {
            for (var index = 0; index < destination.Length; index++)
            {
                var place = start + index;
                destination[index] = (byte)(content.GetChecksum(part < 0 ? place / 4 : part) >> (8 * (place % 4)));
            }
        }
    }

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
