using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Fulgurite.Tests.IO.Torch;

[TestClass]
public sealed class DamagedZipTests
{
    private static readonly byte[] EmptyMap = new PickleBuilder().Op('}').Stop();

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

    private static byte[] Content(ZipArchiveEntry entry)
    {
        using var content = entry.Open();
        var bytes = new byte[entry.Length];
        content.ReadExactly(bytes);
        return bytes;
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

    [TestMethod]
    [DataRow(CompressionLevel.NoCompression, -1L, -1L, 0L)]
    [DataRow(CompressionLevel.SmallestSize, -1L, 10L, 0L)]
    [DataRow(CompressionLevel.SmallestSize, 10L, -1L, 0L)]
    [DataRow(CompressionLevel.SmallestSize, 10L, 10L, -1L)]
    [DataRow(CompressionLevel.SmallestSize, long.MinValue, 10L, 0L)]
    public void Load_NegativeZip64Field_IsRefused(CompressionLevel level, long length, long stored, long offset)
    {
        var field = new byte[28];
        BinaryPrimitives.WriteUInt16LittleEndian(field, 1);
        BinaryPrimitives.WriteUInt16LittleEndian(field.AsSpan(2), 24);
        BinaryPrimitives.WriteInt64LittleEndian(field.AsSpan(4), length);
        BinaryPrimitives.WriteInt64LittleEndian(field.AsSpan(12), stored);
        BinaryPrimitives.WriteInt64LittleEndian(field.AsSpan(20), offset);
        var file = WithExtraField(ZipBuilder.Zip([("a/data.pkl", EmptyMap), ("a/data/0", new byte[100])], level), field);
        var record = FindLast(file, "a/data/0") - 46;
        foreach (var place in new[] { 20, 24, 42 })
        {
            BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(record + place), uint.MaxValue);
        }

        Refuses(file, $"has the invalid length {length} or offset {offset}");
    }

    [TestMethod]
    [DataRow(2, 0)]
    [DataRow(2, 1)]
    [DataRow(2, 4)]
    [DataRow(1, 5)]
    [DataRow(1, 0xFFFF)]
    public void Load_ExtraFieldLongerThanItsRecord_IsIgnored(int id, int length)
    {
        var field = new byte[8];
        BinaryPrimitives.WriteUInt16LittleEndian(field, (ushort)id);
        BinaryPrimitives.WriteUInt16LittleEndian(field.AsSpan(2), (ushort)length);

        using var loaded = Load(WithExtraField(ZipBuilder.Zip([("a/data.pkl", EmptyMap)]), field));

        Assert.IsEmpty(loaded.Root);
    }

    [TestMethod]
    public void Load_EndThatLeavesOutTheLastRecord_IsRefused()
    {
        var file = ZipBuilder.Torch(EmptyMap);
        var end = file.AsSpan(file.Length - 22);
        BinaryPrimitives.WriteUInt16LittleEndian(end[8..], 1);
        BinaryPrimitives.WriteUInt16LittleEndian(end[10..], 1);
        BinaryPrimitives.WriteUInt32LittleEndian(end[12..], 46 + 10);

        Refuses(file, "declares a directory of 1 entries in 56 bytes");
    }

    [TestMethod]
    [DataRow("", "")]
    [DataRow("offset", "invalid offset -1")]
    [DataRow("offset behind", "invalid offset")]
    [DataRow("signature", "its zip64 record is not at the declared offset")]
    [DataRow("count", "declares a directory of -1 entries")]
    [DataRow("length", "declares a directory of")]
    [DataRow("start", "at -1, which must end at")]
    public void Load_Zip64End_IsReadOrRefused(string damage, string reason)
    {
        var file = ZipBuilder.Zip([("a/data.pkl", EmptyMap)]);
        var end = file.Length - 22;
        var record = new byte[56];
        BinaryPrimitives.WriteUInt32LittleEndian(record, damage == "signature" ? 0 : 0x06064B50u);
        BinaryPrimitives.WriteInt64LittleEndian(record.AsSpan(32), damage == "count" ? -1 : 1);
        long length = BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(end + 12));
        BinaryPrimitives.WriteInt64LittleEndian(record.AsSpan(40), damage == "length" ? -length : length);
        BinaryPrimitives.WriteInt64LittleEndian(
            record.AsSpan(48), damage == "start" ? -1 : BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(end + 16)));
        var locator = new byte[20];
        BinaryPrimitives.WriteUInt32LittleEndian(locator, 0x07064B50);
        BinaryPrimitives.WriteInt64LittleEndian(locator.AsSpan(8), damage switch { "offset" => -1, "offset behind" => end + 1, _ => end });
        var tail = file[end..];
        tail.AsSpan(8, 12).Fill(0xFF);
        tail.AsSpan(16, 4).Fill(0xFF);
        file = [.. file[..end], .. record, .. locator, .. tail];

        if (damage.Length > 0)
        {
            Refuses(file, reason);
            return;
        }

        using var loaded = Load(file);
        Assert.IsEmpty(loaded.Root);
    }

    [TestMethod]
    public void Load_Zip64FieldTooShortForItsNumbers_IsRefused()
    {
        var field = new byte[12];
        BinaryPrimitives.WriteUInt16LittleEndian(field, 1);
        BinaryPrimitives.WriteUInt16LittleEndian(field.AsSpan(2), 8);
        BinaryPrimitives.WriteInt64LittleEndian(field.AsSpan(4), 1);
        var file = WithExtraField(ZipBuilder.Zip([("a/data.pkl", EmptyMap)]), field);
        var record = FindLast(file, "a/data.pkl") - 46;
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(record + 20), uint.MaxValue);
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(record + 24), uint.MaxValue);

        Refuses(file, "unsupported method 0");
    }

    /// <summary>Adds an extra field to the last record of the directory.</summary>
    private static byte[] WithExtraField(byte[] file, byte[] field)
    {
        var end = file.Length - 22;
        file = [.. file[..end], .. field, .. file[end..]];
        var record = file.AsSpan().LastIndexOf("PK\u0001\u0002"u8);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(record + 30), (ushort)field.Length);
        var length = file.AsSpan(end + field.Length + 12);
        BinaryPrimitives.WriteUInt32LittleEndian(length, BinaryPrimitives.ReadUInt32LittleEndian(length) + (uint)field.Length);
        return file;
    }

    [TestMethod]
    [DataRow(12, 0xFFFFFFF0u, "declares a directory")]
    [DataRow(16, 0xFFFFFFF0u, "declares a directory")]
    [DataRow(10, 0x7FFFu, "end record declares")]
    [DataRow(10, 1u, "the directory has 2 entries and its end record declares 1")]
    public void Load_WrongEnd_IsRefused(int field, uint value, string reason)
    {
        var file = ZipBuilder.Torch(EmptyMap);
        if (field == 10)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(file.Length - 22 + field), (ushort)value);
        }
        else
        {
            BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(file.Length - 22 + field), value);
        }

        Refuses(file, reason);
    }

    [TestMethod]
    public void Load_FlippedBitInATensor_NamesFileTensorAndOffset()
    {
        var (file, place) = Saved();
        file[place + 1000] ^= 4;

        var refusal = Refuses(file, "the tensor 'state_dict.weight'");

        Assert.AreEqual("state_dict.weight", refusal.Tensor);
        Assert.AreEqual(place, refusal.Offset);
    }

    [TestMethod]
    public void Load_FlippedBitWithoutVerifying_IsNotNoticed()
    {
        var (file, place) = Saved();
        file[place + 1000] ^= 4;

        using var state = Load(file, new LoadOptions { Verify = false });

        Assert.AreEqual(file[place + 1000], StateComparison.Bytes(state.Find("state_dict.weight")!.AsTensor())[1000]);
    }

    [TestMethod]
    public void Load_SwappedChunks_AreFound()
    {
        var (file, place) = Saved();
        var first = file.AsSpan(place, 512).ToArray();
        file.AsSpan(place + 512, 512).CopyTo(file.AsSpan(place));
        first.CopyTo(file.AsSpan(place + 512));

        Refuses(file, "the tensor 'state_dict.weight'");
    }

    [TestMethod]
    public void Load_FlippedBitInThePickle_IsFound()
    {
        var (file, _) = Saved();
        file[FindFirst(file, "state_dict")] ^= 1;

        Refuses(file, "checksum of the entry 'archive/data.pkl'");
    }

    [TestMethod]
    public void Load_CutOffAnywhere_IsRefused()
    {
        var (file, _) = Saved();
        for (var length = 0; length < file.Length; length += 97)
        {
            Refuses(file[..length], "a.pt");
        }
    }

    [TestMethod]
    public void Load_AnyBitFlipped_IsRefusedOrChangesNothing()
    {
        var (file, _) = Saved(elements: 64);
        using var expected = Load(file);
        var refused = 0;
        for (var bit = 0; bit < file.Length * 8; bit++)
        {
            file[bit / 8] ^= (byte)(1 << (bit % 8));
            try
            {
                using var state = Load(file);
                StateComparison.AreEqual(expected.Root, state.Root);
            }
            catch (CheckpointException)
            {
                refused++;
            }

            file[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        Assert.IsGreaterThan(file.Length * 4, refused);
    }

    [TestMethod]
    public void Load_ChecksumsLeftOut_IsRead()
    {
        // As PyTorch writes with compute_crc32 = False: zeros in both places.
        var (file, place) = Saved();
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(FindFirst(file, "archive/data/0") - 30 + 14), 0);
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(FindLast(file, "archive/data/0") - 46 + 16), 0);

        using var state = Load(file);

        Assert.AreEqual(file[place], StateComparison.Bytes(state.Find("state_dict.weight")!.AsTensor())[0]);
    }

    private static (byte[] File, int Place) Saved(int elements = 4096)
    {
        var storage = new MemoryStorage();
        var tensor = StateSamples.Tensor(ScalarType.Float32, 5, elements);
        using var state = new TrainingState(new StateMap { { "epoch", 1 }, { "state_dict", new StateMap { { "weight", tensor } } } });
        new TorchCheckpointIO(storage).SaveCheckpointAsync(state, "a.pt", null, CancellationToken.None).GetAwaiter().GetResult();
        var file = storage["a.pt"];
        return (file, file.AsSpan().IndexOf(StateComparison.Bytes(tensor)));
    }

    private static TrainingState Load(byte[] file, LoadOptions? options = null) =>
        new TorchCheckpointIO(new MemoryStorage { ["a.pt"] = file })
            .LoadCheckpointAsync("a.pt", options, CancellationToken.None)
            .GetAwaiter()
            .GetResult();

    private static CheckpointCorruptException Refuses(byte[] file, string reason)
    {
        var refusal = Assert.ThrowsExactly<CheckpointCorruptException>(() => Load(file));
        StringAssert.Contains(refusal.Message, reason);
        return refusal;
    }

    private static int FindFirst(byte[] file, string name) => file.AsSpan().IndexOf(Encoding.UTF8.GetBytes(name));

    private static int FindLast(byte[] file, string name) => file.AsSpan().LastIndexOf(Encoding.UTF8.GetBytes(name));
}
