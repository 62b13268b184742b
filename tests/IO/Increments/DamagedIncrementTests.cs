using System.Runtime.InteropServices;

namespace Fulgurite.Tests.IO.Increments;

/// <summary>Increments that are damaged, or whose base is gone or another.</summary>
[TestClass]
public sealed class DamagedIncrementTests(TestContext context)
{
    private const int Width = 64;

    private CancellationToken Stop => context.CancellationToken;

    [TestMethod]
    public async Task Load_BaseMissing_NamesItAndTheFolder()
    {
        var storage = await TwoSavesAsync();
        storage.Delete(Bases(storage)[0]);
        var exception = await Assert.ThrowsAsync<CheckpointCorruptException>(
            () => new TorchCheckpointIO(storage).LoadCheckpointAsync("run/last", null, Stop));
        Assert.Contains("is gone", exception.Message, StringComparison.Ordinal);
        Assert.Contains("'chain'", exception.Message, StringComparison.Ordinal);
        Assert.AreEqual("run/last", exception.Path);
    }

    [TestMethod]
    public async Task Load_BaseReplaced_IsRefused()
    {
        var storage = await TwoSavesAsync();
        storage[Bases(storage)[0]] = new Embeddings(1000, Width + 1).FullFile();
        var exception = await Assert.ThrowsAsync<CheckpointCorruptException>(
            () => new TorchCheckpointIO(storage).LoadCheckpointAsync("run/last", null, Stop));
        Assert.Contains("SHA-256", exception.Message, StringComparison.Ordinal);
    }

    [TestMethod]
    public async Task Load_AnyByteOfAnyFileDamaged_IsRefusedOrTheSame()
    {
        var storage = await TwoSavesAsync();
        var expected = Embeddings.Assemble(storage, "run/last");
        var random = new Random(7);
        foreach (var path in storage.Paths.Where(path => path == "run/last" || Bases(storage).Contains(path)).ToList())
        {
            var whole = storage[path];
            for (var attempt = 0; attempt < 150; attempt++)
            {
                var damaged = whole.ToArray();
                damaged[random.Next(attempt % 3 == 0 ? Math.Min(9000, damaged.Length) : damaged.Length)] ^= (byte)(1 << random.Next(8));
                storage[path] = damaged;
                try
                {
                    using var loaded = await new TorchCheckpointIO(storage).LoadCheckpointAsync("run/last", null, Stop);
                    CollectionAssert.AreEqual(expected, Embeddings.FullFileOf(loaded));
                }
                catch (CheckpointCorruptException)
                {
                    // Refused.
                }
            }

            storage[path] = whole;
        }
    }

    [TestMethod]
    [DataRow(new long[] { long.MaxValue, -1 })]
    [DataRow(new long[] { 1, long.MaxValue })]
    [DataRow(new long[] { 0, 0, 100, -1 })]
    [DataRow(new long[] { 100, -2 })]
    [DataRow(new long[] { 50, -1 })]
    [DataRow(new long[] { 100, -1, 1 << 20, 0 })]
    [DataRow(new long[] { 100, -1, 200_000, 0, 200_000, 0, 200_000, 0 })]
    public async Task Load_TableThatRefersToOtherBytes_IsRefused(long[] extents)
    {
        var storage = await TwoSavesAsync();
        using var file = storage.Open("run/last");
        var good = IncrementFile.TryRead(file)!;
        var (table, header, data) = (
            MemoryMarshal.AsBytes(extents.AsSpan()).ToArray(),
            IncrementFile.ReadWhole(file, good.Header, "header"), new byte[100]);
        var page = IncrementFile.Format(good.BaseName, good.BaseDigest, good.Position, extents.Length / 2, header.Length, data.Length);
        IncrementFile.Complete(page, [Crc32.Of(table), Crc32.Of(header), Crc32.Of(data)]);
        storage["run/last"] = [.. page, .. table, .. header, .. data];
        var exception = await Assert.ThrowsAsync<CheckpointCorruptException>(
            () => new TorchCheckpointIO(storage).LoadCheckpointAsync("run/last", null, Stop));
        Assert.Contains("The increment 'run/last'", exception.Message, StringComparison.Ordinal);
    }

    private static List<string> Bases(MemoryStorage storage) =>
        [.. storage.Paths.Where(path => path.StartsWith("run/chain/", StringComparison.Ordinal)).Order(StringComparer.Ordinal).SkipLast(1)];

    private async Task<MemoryStorage> TwoSavesAsync()
    {
        var storage = new MemoryStorage();
        var io = new IncrementalCheckpointIO(storage: storage);
        var embeddings = new Embeddings(1000, Width);
        for (var save = 0; save < 3; save++)
        {
            await embeddings.SaveAsync(io, "run/last", Stop);
            embeddings.Touch(5);
        }

        return storage;
    }
}
