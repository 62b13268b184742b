using System.Buffers.Binary;
using System.IO.Compression;
using static Fulgurite.Tests.IO.Torch.DamagedZips;

namespace Fulgurite.Tests.IO.Torch;

/// <summary>Zips whose entries are odd, contradict each other or lead out of the archive.</summary>
[TestClass]
public sealed class DamagedZipTests
{
    [TestMethod]
    [DataRow("/data.pkl")]
    [DataRow("../data.pkl")]
    [DataRow("a/../../etc/data.pkl")]
    [DataRow("C:\\a\\data.pkl")]
    [DataRow("C:/a/data.pkl")]
    public void Load_NameThatLeadsOut_IsRefused(string name) =>
        Refuses(ZipBuilder.Zip([(name, EmptyMap)]), "a path outside of the archive");

    [TestMethod]
    [DataRow("epoch=1-val:0.3/data.pkl")]
    [DataRow("x..y/data.pkl")]
    [DataRow("..dots/data.pkl")]
    [DataRow("code/data.pkl")]
    [DataRow("data/data.pkl")]
    [DataRow("a\nb/data.pkl")]
    public async Task Load_NamedAfterAnOddFile_IsRead(string name)
    {
        // As torch.save names what is saved to 'epoch=1-val:0.3.ckpt', 'x..y.pt' and so on.
        await using var io = new TorchCheckpointIO(new MemoryStorage { ["a"] = ZipBuilder.Zip([(name, EmptyMap)]) });
        using var loaded = await io.LoadCheckpointAsync("a", null, CancellationToken.None);
        Assert.IsEmpty(loaded.Root);
    }

    [TestMethod]
    public void Load_CompressedEntryThatGrowsTooMuch_IsRefusedBeforeItDoes() =>
        Refuses(ZipBuilder.Zip([("a/data.pkl", new byte[80 << 20])], CompressionLevel.SmallestSize), "which is the limit");

    [TestMethod]
    public void Load_LocalHeaderWithALongerName_IsRefused()
    {
        // Its bytes are the same as far as the directory's name goes; another reader would take the data from the next byte on.
        var file = ZipBuilder.Zip([("a/data.pkl", EmptyMap)]);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(26), (ushort)("a/data.pkl".Length + 1));

        Refuses(file, "does not match its record in the directory");
    }

    [TestMethod]
    [DataRow(-1, "longer than")]
    [DataRow(1, "are declared")]
    public void Load_CompressedEntryOfAnotherLength_IsRefused(int change, string reason)
    {
        var file = ZipBuilder.Zip([("a/data.pkl", EmptyMap), ("a/data/0", new byte[100])], CompressionLevel.SmallestSize);
        Span<byte> wanted = [.. BitConverter.GetBytes(100)];
        for (var at = file.AsSpan().IndexOf(wanted); at >= 0;)
        {
            BitConverter.TryWriteBytes(file.AsSpan(at), 100 + change);
            at = file.AsSpan().IndexOf(wanted);
        }

        Refuses(file, reason);
    }

    [TestMethod]
    public async Task Load_CompressedFile_IsTheSame()
    {
        using var state = StateSamples.Everything();
        var storage = new MemoryStorage();
        await using var io = new TorchCheckpointIO(storage);
        await io.SaveCheckpointAsync(state, "plain", null, CancellationToken.None);
        using (var zip = new ZipArchive(new MemoryStream(storage["plain"])))
        {
            storage["packed"] = ZipBuilder.Zip(zip.Entries.Select(entry => (entry.FullName, Content(entry))), CompressionLevel.Optimal);
        }

        foreach (var mapped in new[] { false, true })
        {
            using var loaded = await io.LoadCheckpointAsync("packed", new LoadOptions { Mapped = mapped }, CancellationToken.None);
            StateComparison.AreEqual(state.Root, loaded.Root);
        }

        await io.VerifyAsync("packed", CancellationToken.None);
    }

    [TestMethod]
    public async Task Load_BytesBehindTheZip_IsReadAsPythonDoes()
    {
        await using var io = new TorchCheckpointIO(
            new MemoryStorage { ["a"] = [.. ZipBuilder.Zip([("a/data.pkl", EmptyMap)]), .. new byte[100]] });
        using var loaded = await io.LoadCheckpointAsync("a", null, CancellationToken.None);
        Assert.IsEmpty(loaded.Root);
    }

    [TestMethod]
    public void Load_TwoPickles_IsRefused() =>
        Refuses(ZipBuilder.Zip([("a/data.pkl", EmptyMap), ("b/data.pkl", EmptyMap)]), "2 entries 'data.pkl'");

    [TestMethod]
    [DataRow("a/data.pkl", "a/data.pkl")]
    [DataRow("a/data.pkl", "a/data/0", "a/data/1", "a/data/2", "a/data/2")]
    [DataRow("a/data.pkl", "a/data/0", "a/data/1", "a/data/2", "a/data/1")]
    [DataRow("a/data/1", "a/data.pkl", "a/data/0", "a/data/1", "a/data/2")]
    [DataRow("a/data/9", "a/data/8", "a/data/7", "a/data.pkl", "a/data/8")]
    [DataRow("a/data/0", "a/data/1", "a/data/2", "a/data/3", "a/data.pkl", "a/data/0", "a/data/1")]
    public void Load_TwoEntriesOfOneName_IsRefused(params string[] names) =>
        Refuses(ZipBuilder.Zip(names.Select(name => (name, EmptyMap))), "two entries have the name");

    [TestMethod]
    [DataRow("a/..0", "a/..")]
    [DataRow("a/data/0", "a/data/0/../1")]
    [DataRow("0", "/1")]
    [DataRow("a/data/0", "a/data/\\1")]
    public void Load_NameThatLeadsOutAfterOneThatDoesNot_IsRefused(string before, string name) =>
        Refuses(ZipBuilder.Zip([("a/data.pkl", EmptyMap), (before, []), (name, [])]), "a path outside of the archive");

    [TestMethod]
    public void Load_ProgramAmongNumberedEntries_IsRefused() =>
        Refuses(ZipBuilder.Zip([("a/data.pkl", EmptyMap), ("a/code", []), ("a/code/1", [])]), "TorchScript program");

    [TestMethod]
    public void Load_ZipWithoutPickle_IsRefused() => Refuses(ZipBuilder.Zip([("a/version", EmptyMap)]), "without an entry 'data.pkl'");

    [TestMethod]
    public void Load_BigEndian_IsRefused() =>
        Refuses(ZipBuilder.Zip([("a/data.pkl", EmptyMap), ("a/byteorder", "big"u8.ToArray())]), "are big-endian");

    [TestMethod]
    public void Load_EmptyFile_IsRefused() => Refuses([], "is empty");

    [TestMethod]
    public void Load_OverlappingEntries_IsRefused()
    {
        var file = ZipBuilder.Zip([("a/data.pkl", EmptyMap), ("a/data/0", new byte[100]), ("a/data/1", new byte[100])]);

        // The directory makes the last entry the first one again, under a name that the local header of it also has.
        var entry = FindLast(file, "a/data/1") - 46;
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(entry + 42), 0);
        Refuses(file, "overlap");
    }

    [TestMethod]
    public void Load_EntryThatReachesIntoTheNext_IsRefused()
    {
        var file = ZipBuilder.Zip([("a/data.pkl", EmptyMap), ("a/data/0", new byte[100]), ("a/data/1", new byte[100])]);
        foreach (var (header, crcToSize) in new[] { (FindFirst(file, "a/data/0") - 30, 18), (FindLast(file, "a/data/0") - 46, 20) })
        {
            BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(header + crcToSize), 150);
            BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(header + crcToSize + 4), 150);
        }

        Refuses(file, "'a/data/0' and 'a/data/1' overlap");
    }

    [TestMethod]
    public void Load_HeaderThatContradictsTheDirectory_IsRefused()
    {
        var file = ZipBuilder.Torch(EmptyMap, new byte[100]);
        file[FindFirst(file, "a/data/0") + 7] = (byte)'1';

        Refuses(file, "does not match");
    }

    [TestMethod]
    public void Load_ManyEntries_AreFoundWithoutTheirHeaders()
    {
        var storage = new MemoryStorage();
        var map = new StateMap();
        for (var index = 0; index < 300; index++)
        {
            map.Add($"t{index}", StateSamples.Tensor(ScalarType.Int32, index, 1 + (index % 50)));
        }

        using var state = new TrainingState(map);
        new TorchCheckpointIO(storage).SaveCheckpointAsync(state, "a.pt", null, CancellationToken.None).GetAwaiter().GetResult();

        using var loaded = Load(storage["a.pt"]);

        StateComparison.AreEqual(state.Root, loaded.Root);
    }

    [TestMethod]
    public async Task Load_EntriesInAnyOrder_IsTheSame()
    {
        using var state = StateSamples.Everything();
        var storage = new MemoryStorage();
        await using var io = new TorchCheckpointIO(storage);
        await io.SaveCheckpointAsync(state, "plain", null, CancellationToken.None);
        using var zip = new ZipArchive(new MemoryStream(storage["plain"]));
        var entries = zip.Entries.Select(entry => (entry.FullName, Content(entry))).ToArray();
        var random = new Random(1);
        for (var turn = 0; turn < 5; turn++)
        {
            random.Shuffle(entries);
            storage["shuffled"] = ZipBuilder.Zip(entries);
            using var loaded = await io.LoadCheckpointAsync("shuffled", null, CancellationToken.None);
            StateComparison.AreEqual(state.Root, loaded.Root);
        }
    }

    private static byte[] Content(ZipArchiveEntry entry)
    {
        using var content = entry.Open();
        var bytes = new byte[entry.Length];
        content.ReadExactly(bytes);
        return bytes;
    }
}
