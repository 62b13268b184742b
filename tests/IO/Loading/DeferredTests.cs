using System.Text;

namespace Fulgurite.Tests.IO.Loading;

/// <summary>Loads whose tensors are read when they are used.</summary>
[TestClass]
public sealed class DeferredTests
{
    private static readonly LoadOptions Deferred = new() { Deferred = true };

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task Load_EveryKindOfValue_IsEqual(bool torch)
    {
        using var directory = new TemporaryDirectory();
        await using FileCheckpointIO io = torch ? new TorchCheckpointIO() : new SafetensorsCheckpointIO();
        using var state = StateSamples.Everything();
        await io.SaveCheckpointAsync(state, directory["a"], null, CancellationToken.None);

        using var loaded = await io.LoadCheckpointAsync(directory["a"], Deferred, CancellationToken.None);
        foreach (var (path, tensor) in loaded.Tensors().Where(tensor => tensor.Value.IsContiguous))
        {
            using var copy = tensor.ToTensor();
            CollectionAssert.AreEqual(
                StateComparison.Bytes(state.Find(path)!.AsTensor()), StateComparison.Bytes(TensorData.FromTensor(copy)), path);
        }

        StateComparison.AreEqual(state.Root, loaded.Root);
    }

    [TestMethod]
    public async Task CopyTo_ATensorThatWasNotReadYet_ReadsStraightIntoTheTarget()
    {
        using var large = ones(3 << 20);
        using var target = zeros(3 << 20);
        var storage = new RecordingStorage();
        await using var io = new TorchCheckpointIO(storage);
        using var state = new TrainingState { ["w"] = TensorData.FromTensor(large) };
        await io.SaveCheckpointAsync(state, "a", null, CancellationToken.None);
        using var loaded = await io.LoadCheckpointAsync("a", Deferred, CancellationToken.None);
        storage.Destinations.Clear();

        loaded["w"].AsTensor().CopyTo(target);

        Assert.IsTrue(target.Equals(large));
        Assert.AreSequenceEqual([(Address(target), 12 << 20)], storage.Destinations);
    }

    [TestMethod]
    public async Task Load_DamagedTensor_IsRefusedBeforeAnyIsUsed()
    {
        var storage = new MemoryStorage();
        await using var io = new TorchCheckpointIO(storage);
        using var tensor = arange(1000, dtype: ScalarType.Float32);
        using var state = new TrainingState { ["w"] = TensorData.FromTensor(tensor) };
        await io.SaveCheckpointAsync(state, "a", null, CancellationToken.None);
        storage["a"][storage["a"].AsSpan().IndexOf(BitConverter.GetBytes(777f))] ^= 1;

        var failure = await Assert.ThrowsExactlyAsync<CheckpointCorruptException>(
            () => io.LoadCheckpointAsync("a", Deferred, CancellationToken.None));

        Assert.AreEqual("w", failure.Tensor);
        using var unverified = await io.LoadCheckpointAsync("a", Deferred with { Verify = false }, CancellationToken.None);
        Assert.AreEqual(1000, unverified["w"].AsTensor().ElementCount);
    }

    [TestMethod]
    public async Task Use_AfterTheFileWasReplacedOrTheStateDisposed_SeesTheFileThatWasOpened()
    {
        using var directory = new TemporaryDirectory();
        await using var io = new TorchCheckpointIO();
        await SaveAsync(1);
        var loaded = await io.LoadCheckpointAsync(directory["a"], Deferred, CancellationToken.None);
        await SaveAsync(2);

        using (var copy = loaded["w"].AsTensor().ToTensor())
        {
            Assert.AreEqual(1f, copy.item<float>());
        }

        var tensor = loaded["w"].AsTensor();
        loaded.Dispose();
        Assert.ThrowsExactly<ObjectDisposedException>(() => tensor.ToTensor());

        async Task SaveAsync(float value)
        {
            using var state = new TrainingState { ["w"] = TensorData.FromValues<float>([value], ScalarType.Float32, 1) };
            await io.SaveCheckpointAsync(state, directory["a"], null, CancellationToken.None);
        }
    }

    [TestMethod]
    public async Task Load_ManySmallTensors_VerifiesThemTogether()
    {
        var storage = new RecordingStorage();
        await using var io = new TorchCheckpointIO(storage);
        var tensors = new StateMap();
        for (var index = 0; index < 1000; index++)
        {
            tensors[$"w{index}"] = TensorData.FromValues<float>([.. Enumerable.Repeat((float)index, 64)], ScalarType.Float32, 64);
        }

        using var state = new TrainingState { ["w"] = tensors };
        await io.SaveCheckpointAsync(state, "a", null, CancellationToken.None);
        storage.Destinations.Clear();

        using var loaded = await io.LoadCheckpointAsync("a", Deferred, CancellationToken.None);

        Assert.IsLessThan(100, storage.Destinations.Count);
        StateComparison.AreEqual(state.Root, loaded.Root);
    }

    private static unsafe nint Address(Tensor tensor)
    {
        fixed (byte* first = tensor.bytes)
        {
            return (nint)first;
        }
    }

    /// <summary>Files in memory; records where reads put their bytes.</summary>
    [TestMethod]
    public async Task Load_FileWithoutChecksums_ReadsTheHeaderOnly()
    {
        const int Count = 500;
        const int ByteLength = 4 << 10;
        var storage = new RecordingStorage { Concurrency = 2 };
        await using var io = new SafetensorsCheckpointIO(storage);
        var entries = Enumerable.Range(0, Count).Select(number =>
            $"\"w{number}\":{{\"dtype\":\"F32\",\"shape\":[{ByteLength / 4}],"
                + $"\"data_offsets\":[{number * ByteLength},{(number + 1) * ByteLength}]}}");
        var header = $"{{{string.Join(',', entries)}}}";
        header = header.PadRight((header.Length + 7) / 8 * 8);
        storage.Add(
            "a", [.. BitConverter.GetBytes((long)header.Length), .. Encoding.ASCII.GetBytes(header), .. new byte[Count * ByteLength]]);

        using var loaded = await io.LoadCheckpointAsync("a", Deferred, CancellationToken.None);

        Assert.HasCount(Count, loaded.Tensors().ToList());
        Assert.IsLessThan(Count * ByteLength / 10, storage.Destinations.Sum(destination => destination.Length));
    }

    [TestMethod]
    [DataRow("one file", 12)]
    [DataRow("one in memory", 130)]
    [DataRow("two files", 210)]
    public async Task Copies_OfManySmallTensors_AreRightAndReadTogether(string from, int mostReads)
    {
        const int count = 100;
        var storage = new RecordingStorage();
        await using var io = new SafetensorsCheckpointIO(storage);
        using var scope = NewDisposeScope();
        var tensors = Enumerable.Range(0, count).Select(index => full(1000 + index, (float)index)).ToList();
        var map = new StateMap();
        tensors.ForEach(tensor => map.Add($"w{map.Count}", TensorData.FromTensor(tensor)));
        using var state = new TrainingState(map);
        await io.SaveCheckpointAsync(state, "a", null, CancellationToken.None);
        await io.SaveCheckpointAsync(state, "b", null, CancellationToken.None);
        using var loaded = await io.LoadCheckpointAsync("a", Deferred, CancellationToken.None);
        using var other = await io.LoadCheckpointAsync("b", Deferred, CancellationToken.None);
        if (from == "one in memory")
        {
            Assert.AreNotEqual(0, loaded["w70"].AsTensor().Address);
        }

        var targets = tensors.ConvertAll(tensor => zeros_like(tensor));
        var copies = new TensorCopies();
        for (var index = 0; index < count; index++)
        {
            copies.Add((from == "two files" && index % 2 == 1 ? other : loaded)[$"w{index}"].AsTensor(), targets[index]);
        }

        storage.Destinations.Clear();
        copies.Run();

        Assert.IsLessThan(mostReads, storage.Destinations.Count);
        for (var index = 0; index < count; index++)
        {
            Assert.IsTrue(targets[index].Equals(tensors[index]), $"tensor {index}");
        }
    }

    [TestMethod]
    [DataRow(false, 1)]
    [DataRow(true, 1)]
    [DataRow(true, 3)]
    public async Task Read_FileCutOffInABatchOfSmallTensors_IsCorruptAndLeavesTheTensorsOfTheCutAsTheyWere(bool isEager, int concurrency)
    {
        const int count = 300;
        const int length = 512;
        const int cut = 100;
        var storage = new RecordingStorage { Concurrency = concurrency };
        await using var io = new SafetensorsCheckpointIO(storage);
        using var scope = NewDisposeScope();
        var map = new StateMap();
        for (var index = 0; index < count; index++)
        {
            map.Add($"w{index}", TensorData.FromTensor(full(length, index + 1f)));
        }

        using var state = new TrainingState(map);
        await io.SaveCheckpointAsync(state, "a", null, CancellationToken.None);
        var targets = Enumerable.Range(0, count).Select(_ => zeros(length)).ToList();
        var bytes = storage["a"];

        // The file shrinks after it was opened: the reader keeps its former length.
        storage.End = bytes.AsSpan().IndexOf(StateComparison.Bytes(map[$"w{cut}"].AsTensor())) + (length * sizeof(float) / 2);
        Assert.IsGreaterThan(0, storage.End);
        var failure = isEager ? await LoadAsync() : await CopyAsync();

        Assert.Contains("'a' is truncated", failure.Message);
        Assert.IsGreaterThan(storage.End, failure.Offset!.Value + (256 << 10));
        for (var index = 0; index < count; index++)
        {
            // What was not read has no bytes of another place; what comes after the cut cannot be there.
            using var values = targets[index].unique().output;
            Assert.AreEqual(1, values.numel(), $"tensor {index}");
            Assert.IsTrue(values[0].item<float>() == 0 || (index < cut && values[0].item<float>() == index + 1), $"tensor {index}");
        }

        Task<CheckpointCorruptException> LoadAsync()
        {
            var into = Enumerable.Range(0, count).ToDictionary(index => $"w{index}", index => targets[index]);
            return Assert.ThrowsExactlyAsync<CheckpointCorruptException>(
                () => io.LoadCheckpointAsync("a", new LoadOptions { Into = into }, CancellationToken.None));
        }

        async Task<CheckpointCorruptException> CopyAsync()
        {
            using var loaded = await io.LoadCheckpointAsync("a", Deferred with { Verify = false }, CancellationToken.None);
            var copies = new TensorCopies();
            for (var index = 0; index < count; index++)
            {
                copies.Add(loaded[$"w{index}"].AsTensor(), targets[index]);
            }

            return Assert.ThrowsExactly<CheckpointCorruptException>(copies.Run);
        }
    }

    [TestMethod]
    public async Task Copies_OfAReleasedState_AreRefused()
    {
        var storage = new RecordingStorage();
        await using var io = new TorchCheckpointIO(storage);
        using var tensor = ones(3);
        using var state = new TrainingState { ["a"] = TensorData.FromTensor(tensor), ["b"] = TensorData.FromTensor(tensor.alias()) };
        await io.SaveCheckpointAsync(state, "a", null, CancellationToken.None);
        var loaded = await io.LoadCheckpointAsync("a", Deferred, CancellationToken.None);
        using var target = zeros(3);
        var copies = new TensorCopies();
        copies.Add(loaded["a"].AsTensor(), target);
        copies.Add(loaded["b"].AsTensor(), target);
        loaded.Dispose();

        Assert.ThrowsExactly<ObjectDisposedException>(copies.Run);
    }

    private sealed class RecordingStorage : IStorage
    {
        private readonly MemoryStorage _files = new();

        public int Concurrency { get; init; } = 1;

        public List<(nint Address, int Length)> Destinations { get; } = [];

        /// <summary>Gets or sets the offset at which reads end, although files keep their length.</summary>
        public long End { get; set; } = long.MaxValue;

        public byte[] this[string path] => _files[path];

        public long Write(string path, FileContent content, CancellationToken cancellationToken) =>
            _files.Write(path, content, cancellationToken);

        public void Add(string path, byte[] bytes) => _files[path] = bytes;

        public StorageReader Open(string path) => new Reader(_files.Open(path), Concurrency, End, Destinations);

        public bool Exists(string path) => _files.Exists(path);

        public void Delete(string path) => _files.Delete(path);

        public bool TryLink(string existing, string path) => _files.TryLink(existing, path);

        public long? GetAvailableBytes(string path) => null;

        private sealed class Reader(StorageReader inner, int concurrency, long end, List<(nint Address, int Length)> destinations)
            : StorageReader(inner.Path)
        {
            public override long Length => inner.Length;

            public override int Concurrency => concurrency;

            public override bool IsCheapToReread => true;

            public override unsafe void Read(long offset, Span<byte> destination)
            {
                if (offset + destination.Length > end)
                {
                    throw EndOfFile(offset, destination.Length);
                }

                fixed (byte* first = destination)
                {
                    lock (destinations)
                    {
                        destinations.Add(((nint)first, destination.Length));
                    }
                }

                inner.Read(offset, destination);
            }

            protected override void Dispose(bool disposing) => inner.Dispose();
        }
    }
}
