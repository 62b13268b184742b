using System.Buffers.Binary;
using System.IO.Compression;
using static Fulgurite.Tests.IO.Torch.DamagedZips;

namespace Fulgurite.Tests.IO.Torch;

/// <summary>Zips whose directory, its end record or its zip64 numbers are wrong.</summary>
[TestClass]
public sealed class DamagedZipDirectoryTests
{
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
}
