namespace Fulgurite.Tests.IO.Increments;

[TestClass]
public sealed class IncrementalCheckpointTests
{
    private const int Rows = 10_000;
    private const int Width = 64;

    public TestContext TestContext { get; set; } = null!;

    private CancellationToken Stop => TestContext.CancellationToken;

    [TestMethod]
    public async Task Save_OnePercentOfRowsChanged_WritesLessThanATwentiethAndNoFrozenTensor()
    {
        var storage = new MeteredStorage(new MemoryStorage());
        await using var io = new IncrementalCheckpointIO(storage: storage);
        var embeddings = new Embeddings(Rows, Width);
        await SaveAsync(io, embeddings, "run/last");
        var full = storage.Bytes;
        Assert.IsGreaterThan(embeddings.ByteLength, full);
        for (var save = 0; save < 10; save++)
        {
            var before = storage.Bytes;
            embeddings.Touch(2 * Rows / 100);
            await SaveAsync(io, embeddings, "run/last");
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
            await SaveAsync(io, embeddings, "run/last");
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
        await SaveAsync(io, embeddings, path);
        embeddings.Touch(20);
        await SaveAsync(io, embeddings, path);

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
            await SaveAsync(io, embeddings, "run/last");
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
            await SaveAsync(io, embeddings, $"run/{save}");
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
        await SaveAsync(io, embeddings, "run/last");
        embeddings.Touch(1000);
        await SaveAsync(io, embeddings, "run/last");
        Assert.AreEqual(1, LengthOfChain(storage, "run/last"));
    }

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
            await SaveAsync(io, embeddings, save % 2 == 0 ? "one/last" : "two/last");
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
        await SaveAsync(killed, embeddings, last);
        embeddings.Touch(5);
        await SaveAsync(killed, embeddings, last);
        var living = new IncrementalCheckpointIO();
        await SaveAsync(living, embeddings, directory["other.safetensors"]);
        Assert.HasCount(3, Directory.GetFiles(chain, "*.safetensors"), "The chains of two runs that have not ended.");
        var left = Path.Combine(chain, "0123456789abcdef-000001.safetensors");
        File.WriteAllText(left, "left by a killed run");
        await using (var resumed = new IncrementalCheckpointIO())
        {
            await SaveAsync(resumed, embeddings, last);
        }

        Assert.IsFalse(File.Exists(left));
        CollectionAssert.AreEqual(embeddings.FullFile(), Embeddings.Assemble(new LocalStorage(), last));
        CollectionAssert.AreEqual(embeddings.FullFile(), Embeddings.Assemble(new LocalStorage(), directory["other.safetensors"]));
        await killed.DisposeAsync();
        await living.DisposeAsync();
        Assert.IsEmpty(Directory.GetFiles(chain, "*.safetensors"), "Both checkpoints are full files.");
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
            System.Runtime.InteropServices.MemoryMarshal.AsBytes(extents.AsSpan()).ToArray(),
            IncrementFile.ReadWhole(file, good.Header, "header"), new byte[100]);
        var page = IncrementFile.Format(good.BaseName, good.BaseDigest, good.Position, extents.Length / 2, header.Length, data.Length);
        IncrementFile.Complete(page, [Crc32.Of(table), Crc32.Of(header), Crc32.Of(data)]);
        storage["run/last"] = [.. page, .. table, .. header, .. data];
        var exception = await Assert.ThrowsAsync<CheckpointCorruptException>(
            () => new TorchCheckpointIO(storage).LoadCheckpointAsync("run/last", null, Stop));
        Assert.Contains("The increment 'run/last'", exception.Message, StringComparison.Ordinal);
    }

    [TestMethod]
    public void Hash_MemoryThatStatesShare_IsHashedOnce()
    {
        var memory = new HostTensorStorage(1 << 20);
        new Random(3).NextBytes(memory.GetWritableBytes(0, 1 << 20));
        var (token, other) = (new object(), new object());
        var first = Hash(memory, token, earlier: null);
        var second = Hash(memory, token, first);
        Assert.AreEqual(1 << 20, first.HashedBytes);
        Assert.AreEqual(0, second.HashedBytes);
        CollectionAssert.AreEqual(first.Header, second.Header);
        Assert.AreEqual(0, second.ChangesSince(first).ChangedBytes);
        memory.GetWritableBytes(5000, 1)[0]++;
        var third = Hash(memory, other, second);
        Assert.AreEqual(1 << 20, third.HashedBytes);
        Assert.AreEqual(4096, third.ChangesSince(second).ChangedBytes);
    }

    [TestMethod]
    public async Task Save_FrozenLiveTensor_IsWrittenOnceAndAgainWhenItChanges()
    {
        var storage = new MeteredStorage(new MemoryStorage());
        await using var io = new AsyncCheckpointIO(new IncrementalCheckpointIO(storage: storage));
        using var frozen = rand(1000, 64);
        using var trained = rand(10, 64);
        var lengths = new List<long>();
        for (var save = 0; save < 4; save++)
        {
            if (save == 3)
            {
                frozen[7].fill_(1);
            }

            trained.add_(1);
            var before = storage.Bytes;
            var state = new TrainingState(new StateMap
            {
                ["frozen"] = TensorData.FromTensor(frozen, TensorStability.Frozen),
                ["trained"] = TensorData.FromTensor(trained, TensorStability.UntilParametersChange),
            });
            await io.Submit(state, "run/last", null).Durable;
            io.BeforeParametersChange();
            lengths.Add(storage.Bytes - before);
            CollectionAssert.AreEqual(Embeddings.FullFileOf(state), Embeddings.Assemble(storage, "run/last"));
        }

        Assert.AreEqual(lengths[1], lengths[2]);
        Assert.IsLessThan(lengths[0] / 10, lengths[1]);
        Assert.IsInRange(lengths[1] + 256, lengths[1] + 512, lengths[3], "One row of the frozen tensor.");
    }

    [TestMethod]
    public void Hash_FrozenLiveTensorWrittenDirectly_IsFoundByTheNextSave()
    {
        using var frozen = rand(1000, 1024);
        var first = Hash(earlier: null);
        var same = Hash(first);
        Assert.AreEqual(0, same.ChangesSince(first).ChangedBytes);

        frozen.data<float>()[501, 3] += 1;
        var second = Hash(same);

        Assert.AreEqual(4096, second.ChangesSince(same).ChangedBytes);
        CollectionAssert.AreEqual(Hash(earlier: null).Header, second.Header);
        Assert.IsNull(RowChanges.Of(frozen), "nothing is recorded");

        HashedState Hash(HashedState? earlier) => new(
            new TrainingState(new StateMap { ["frozen"] = TensorData.FromTensor(frozen, TensorStability.Frozen) }), earlier);
    }

    private static HashedState Hash(HostTensorStorage memory, object token, HashedState? earlier)
    {
        var tensor = new TensorData(new SharedStorage(memory, token), ScalarType.Float32, [1 << 18], [1]);
        return new HashedState(TrainingState.Captured(new StateMap { ["a"] = tensor }), earlier);
    }

    private static List<string> Bases(MemoryStorage storage) =>
        [.. storage.Paths.Where(path => path.StartsWith("run/chain/", StringComparison.Ordinal)).Order(StringComparer.Ordinal).SkipLast(1)];

    private static int LengthOfChain(IStorage storage, string path)
    {
        using var file = storage.Open(path);
        return (IncrementFile.TryRead(file)?.Position ?? 0) + 1;
    }

    private async Task<MemoryStorage> TwoSavesAsync()
    {
        var storage = new MemoryStorage();
        var io = new IncrementalCheckpointIO(storage: storage);
        var embeddings = new Embeddings(1000, Width);
        for (var save = 0; save < 3; save++)
        {
            await SaveAsync(io, embeddings, "run/last");
            embeddings.Touch(5);
        }

        return storage;
    }

    private async Task SaveAsync(CheckpointIO io, Embeddings embeddings, string path)
    {
        using var state = embeddings.State();
        await io.SaveCheckpointAsync(state, path, null, Stop);
    }

    private sealed class SharedStorage(HostTensorStorage memory, object token) : TensorStorage, ISharedMemory
    {
        public override long ByteLength => memory.ByteLength;

        public override nint Address => memory.Address;

        public override bool IsCaptured => true;

        public object Memory => token;
    }
}
