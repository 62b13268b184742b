using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Text;

namespace Fulgurite.Tests.IO;

/// <summary>Every bit of a small file of each format is changed, one at a time.</summary>
[TestClass]
public sealed class BitFlipTests(TestContext context)
{
    [TestMethod]
    [DataRow("torch")]
    [DataRow("safetensors")]
    public void Load_OneBitChanged_IsRefusedOrTheSame(string format)
    {
        using var state = FuzzTests.Small();
        var storage = new MemoryStorage();
        CheckpointIO io = format == "torch" ? new TorchCheckpointIO(storage) : new SafetensorsCheckpointIO(storage);
        io.SaveCheckpointAsync(state, "a", null, CancellationToken.None).GetAwaiter().GetResult();
        var file = storage["a"];
        var harmless = new ConcurrentDictionary<string, int>(StringComparer.Ordinal);
        var parts = format == "torch" ? TorchParts(file) : SafetensorsParts(file);
        Parallel.For(0, file.Length * 8, bit =>
        {
            var changed = (byte[])file.Clone();
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            try
            {
                using var loaded = new TorchCheckpointIO(new MemoryStorage { ["a"] = changed }).LoadCheckpointAsync(
                    "a", new LoadOptions { Verify = true }, CancellationToken.None).GetAwaiter().GetResult();
                harmless.AddOrUpdate(parts[bit / 8], 1, static (_, count) => count + 1);
                StateComparison.AreEqual(state.Root, loaded.Root);
            }
            catch (CheckpointException)
            {
                return;
            }
            catch (Exception exception)
            {
                throw new AssertFailedException($"Bit {bit % 8} of byte {bit / 8} of {file.Length}: {exception.Message}", exception);
            }
        });

        context.WriteLine($"{file.Length * 8} bits, {harmless.Values.Sum()} of them change nothing that is loaded: "
            + string.Join(
                ", ",
                harmless.OrderByDescending(part => part.Value).Select(
                    part => $"{part.Key} {part.Value} of {8 * parts.Count(name => name == part.Key)}")));

        // A flip in what a state consists of is always refused.
        Assert.DoesNotContain("data.pkl", harmless.Keys);
        Assert.DoesNotContain("data", harmless.Keys);
        Assert.DoesNotContain("tensors", harmless.Keys);
    }

    /// <summary>Names the part of a zip to which each byte belongs.</summary>
    private static string[] TorchParts(byte[] file)
    {
        var parts = new string[file.Length];
        Array.Fill(parts, "end record");
        var end = file.AsSpan().LastIndexOf("PK\x05\x06"u8);
        var directory = BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(end + 16));
        for (var record = directory; BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(record)) == 0x02014B50;)
        {
            var central = file.AsSpan(record);
            var nameLength = BinaryPrimitives.ReadUInt16LittleEndian(central[28..]);
            var length = BinaryPrimitives.ReadInt32LittleEndian(central[24..]);
            var header = BinaryPrimitives.ReadInt32LittleEndian(central[42..]);
            var name = Encoding.UTF8.GetString(central.Slice(46, nameLength));
            var padding = BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(header + 28));
            var data = header + 30 + nameLength + padding;
            Array.Fill(parts, "local headers", header, 30 + nameLength);
            Array.Fill(parts, "padding", header + 30 + nameLength, padding);
            Array.Fill(
                parts, name.Contains("/data/", StringComparison.Ordinal) ? "data" : name[(name.LastIndexOf('/') + 1)..], data, length);
            var total = 46 + nameLength + BinaryPrimitives.ReadUInt16LittleEndian(central[30..]) + BinaryPrimitives
                .ReadUInt16LittleEndian(central[32..]);
            Array.Fill(parts, "directory", record, total);
            record += total;
        }

        return parts;
    }

    private static string[] SafetensorsParts(byte[] file)
    {
        var parts = new string[file.Length];
        Array.Fill(parts, "tensors");
        Array.Fill(parts, "header", 0, sizeof(long) + (int)BinaryPrimitives.ReadInt64LittleEndian(file));
        return parts;
    }
}
