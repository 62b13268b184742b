namespace Fulgurite.Tests.IO.Increments;

/// <summary>Chains of increments: what they hold, how long they get, and which files remain.</summary>
[TestClass]
public sealed class IncrementalCheckpointTests(TestContext context)
{
    private const int Rows = 10_000;
    private const int Width = 64;

    private CancellationToken Stop => context.CancellationToken;

    [TestMethod]
    public async Task Save_OnePercentOfRowsChanged_WritesLessThanATwentiethAndNoFrozenTensor()
    {
        var storage = new MeteredStorage(new MemoryStorage());
        await using var io = new IncrementalCheckpointIO(storage: storage);
        var embeddings = new Embeddings(Rows, Width);
        await embeddings.SaveAsync(io, "run/last", Stop);
        var full = storage.Bytes;
        Assert.IsGreaterThan(embeddings.ByteLength, full);
        for (var save = 0; save < 10; save++)
        {
            var before = storage.Bytes;
            embeddings.Touch(2 * Rows / 100);
            await embeddings.SaveAsync(io, "run/last", Stop);
            Assert.IsLessThan(full / 20, storage.Bytes - before);
        }
    }

    [TestMethod]
    public async Task Load_ChainOfTen_EqualsAFullFileBitForBit()
    {
        var storage = new MemoryStorage();
        await using var io = new IncrementalCheckpointIO(storage: storage);
        var embeddings = new Embeddings(1000, Width);
        for (var save = 0; save <= 10; save++)
        {
            embeddings.Touch(20);
            await embeddings.SaveAsync(io, "run/last", Stop);
        }

        Assert.HasCount(12, storage.Paths, "A full file, ten increments, and the name of the last.");
        CollectionAssert.AreEqual(embeddings.FullFile(), Embeddings.Assemble(storage, "run/last"));
        foreach (var reader in new FileCheckpointIO[] { new TorchCheckpointIO(storage), new SafetensorsCheckpointIO(storage), io })
        {
            using var expected = embeddings.State();
            using var loaded = await reader.LoadCheckpointAsync("run/last", null, Stop);
            StateAssert.AreSame(expected, loaded);
            await reader.VerifyAsync("run/last", Stop);
        }
    }

    [TestMethod]
    [DataRow(true, false, false)]
    [DataRow(false, true, false)]
    [DataRow(false, true, true)]
    [DataRow(true, true, false)]
    public async Task Load_IncrementWithOptions_ReturnsTheValues(bool mapped, bool deferred, bool only)
    {
        using var directory = new TemporaryDirectory();
        var path = directory["last.safetensors"];
        await using var io = new IncrementalCheckpointIO();
        var embeddings = new Embeddings(1000, Width);
        await embeddings.SaveAsync(io, path, Stop);
        embeddings.Touch(20);
        await embeddings.SaveAsync(io, path, Stop);

        using var expected = embeddings.State();
        using var loaded = await io.LoadCheckpointAsync(
            path, new LoadOptions { Mapped = mapped, Deferred = deferred, Only = only ? ["state_dict.rows.weight"] : null }, Stop);
        StateComparison.AreEqual(expected.Find("state_dict.rows.weight")!, loaded.Find("state_dict.rows.weight")!);
    }

    [TestMethod]
    public async Task Save_ChainAsLongAsAllowed_StartsAnotherAtTheFullFile()
    {
        var storage = new MemoryStorage();
        await using var io = new IncrementalCheckpointIO(new IncrementalCheckpointOptions { MaxChainLength = 2 }, storage);
        var embeddings = new Embeddings(1000, Width);
        var lengths = new List<int>();
        for (var save = 0; save < 11; save++)
        {
            embeddings.Touch(5);
            await embeddings.SaveAsync(io, "run/last", Stop);
            lengths.Add(LengthOfChain(storage, "run/last"));
            CollectionAssert.AreEqual(embeddings.FullFile(), Embeddings.Assemble(storage, "run/last"));
        }

        // As many chains with the same full file as the length of a chain.
        CollectionAssert.AreEqual(new[] { 1, 2, 3, 2, 3, 1, 2, 3, 2, 3, 1 }, lengths);
        Assert.HasCount(2, storage.Paths, "Files of earlier chains are removed.");
    }

    [TestMethod]
    public async Task Remove_BaseOfOtherCheckpoints_KeepsThem()
    {
        var storage = new MemoryStorage();
        await using var io = new IncrementalCheckpointIO(storage: storage);
        var embeddings = new Embeddings(1000, Width);
        var expected = new List<byte[]>();
        for (var save = 0; save < 4; save++)
        {
            embeddings.Touch(5);
            await embeddings.SaveAsync(io, $"run/{save}", Stop);
            expected.Add(embeddings.FullFile());
        }

        foreach (var removed in new[] { 0, 2, 3 })
        {
            await io.RemoveCheckpointAsync($"run/{removed}", Stop);
            CollectionAssert.AreEqual(expected[1], Embeddings.Assemble(storage, "run/1"));
        }

        await io.DisposeAsync();
        CollectionAssert.AreEqual(expected[1], Embeddings.Assemble(storage, "run/1"));
        Assert.HasCount(2, storage.Paths, "The checkpoint and its base.");
    }

    [TestMethod]
    public async Task Save_MostBytesChanged_WritesAFullFile()
    {
        var storage = new MemoryStorage();
        await using var io = new IncrementalCheckpointIO(storage: storage);
        var embeddings = new Embeddings(100, Width);
        await embeddings.SaveAsync(io, "run/last", Stop);
        embeddings.Touch(1000);
        await embeddings.SaveAsync(io, "run/last", Stop);
        Assert.AreEqual(1, LengthOfChain(storage, "run/last"));
    }

    [TestMethod]
    public async Task Save_ThroughAsync_BestAndLastShareAFile()
    {
        var storage = new MeteredStorage(new MemoryStorage());
        await using var io = new AsyncCheckpointIO(new IncrementalCheckpointIO(storage: storage));
        var embeddings = new Embeddings(1000, Width);
        for (var save = 0; save < 3; save++)
        {
            embeddings.Touch(5);
            using var state = embeddings.State();
            var best = io.Submit(state, "run/best", new SaveOptions { Slot = "best" });
            var last = io.Submit(state, "run/last", new SaveOptions { Slot = "last" });
            await best.Durable;
            await last.Durable;
        }

        Assert.AreEqual(3, storage.Files);
        CollectionAssert.AreEqual(embeddings.FullFile(), Embeddings.Assemble(storage, "run/best"));
        CollectionAssert.AreEqual(embeddings.FullFile(), Embeddings.Assemble(storage, "run/last"));
    }

    [TestMethod]
    public async Task Save_InTwoFolders_KeepsAChainInEach()
    {
        var storage = new MemoryStorage();
        await using var io = new IncrementalCheckpointIO(storage: storage);
        var embeddings = new Embeddings(1000, Width);
        for (var save = 0; save < 4; save++)
        {
            embeddings.Touch(5);
            await embeddings.SaveAsync(io, save % 2 == 0 ? "one/last" : "two/last", Stop);
            CollectionAssert.AreEqual(
                embeddings.FullFile(), Embeddings.Assemble(storage, save % 2 == 0 ? "one/last" : "two/last"));
        }

        Assert.AreEqual(2, LengthOfChain(storage, "one/last"));
        Assert.AreEqual(2, LengthOfChain(storage, "two/last"));
        var files = io.GetCapability<ICheckpointFiles>()!;
        Assert.IsFalse(await files.TryLinkAsync("one/last", "three/last", Stop), "The bases are in another folder.");
    }

    [TestMethod]
    public async Task Save_AfterARunThatWasKilled_RemovesWhatNothingNeeds()
    {
        using var directory = new TemporaryDirectory();
        var (last, chain) = (directory["last.safetensors"], Path.Combine(directory.Path, "chain"));
        var embeddings = new Embeddings(1000, Width);
        var killed = new IncrementalCheckpointIO();
        await embeddings.SaveAsync(killed, last, Stop);
        embeddings.Touch(5);
        await embeddings.SaveAsync(killed, last, Stop);
        var living = new IncrementalCheckpointIO();
        await embeddings.SaveAsync(living, directory["other.safetensors"], Stop);
        Assert.HasCount(3, Directory.GetFiles(chain, "*.safetensors"), "The chains of two runs that have not ended.");
        var left = Path.Combine(chain, "0123456789abcdef-000001.safetensors");
        File.WriteAllText(left, "left by a killed run");
        await using (var resumed = new IncrementalCheckpointIO())
        {
            await embeddings.SaveAsync(resumed, last, Stop);
        }

        Assert.IsFalse(File.Exists(left));
        CollectionAssert.AreEqual(embeddings.FullFile(), Embeddings.Assemble(new LocalStorage(), last));
        CollectionAssert.AreEqual(embeddings.FullFile(), Embeddings.Assemble(new LocalStorage(), directory["other.safetensors"]));
        await killed.DisposeAsync();
        await living.DisposeAsync();
        Assert.IsEmpty(Directory.GetFiles(chain, "*.safetensors"), "Both checkpoints are full files.");
    }

    private static int LengthOfChain(IStorage storage, string path)
    {
        using var file = storage.Open(path);
        return (IncrementFile.TryRead(file)?.Position ?? 0) + 1;
    }
}
