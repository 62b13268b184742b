using System.Runtime.InteropServices;

namespace Fulgurite.Tests.IO.Storage;

/// <summary>Contents written in parts, from memory and by streams, and the checksums that the writes return.</summary>
[TestClass]
public sealed class WrittenChecksumTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly LocalStorage _storage = new(new LocalStorageOptions { DirectIOThreshold = 0 });

    private string Target => _directory["target"];

    public void Dispose() => _directory.Dispose();

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
        var start = new byte[4091];
        new Random(2).NextBytes(start);
        content.Add(start);
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
}
