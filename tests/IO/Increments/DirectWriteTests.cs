using Fulgurite.State;

namespace Fulgurite.Tests.IO.Increments;

/// <summary>Rows written without an operation of libtorch, which nothing records: a file has them, or their values before.</summary>
[TestClass]
[DoNotParallelize]
public sealed class DirectWriteTests
{
    private const int Rows = EmbeddingTraining.Rows;
    private const int Width = EmbeddingTraining.Width;

    public TestContext TestContext { get; set; } = null!;

    private CancellationToken Stop => TestContext.CancellationToken;

    [TestMethod]
    public void Begin_AllMemoryWrittenDirectly_IsNoticed()
    {
        using var training = new EmbeddingTraining();
        training.Sparse(3);
        using var state = training.State();
        var plan = new CapturePlan(state, [.. state.Tensors().Select(entry => entry.Value)], overlap: true, copiesRows: true);
        using var block = new ArenaBlock(ArenaBlock.RoundUp(plan.ByteLength), hugePages: false);
        EmbeddingTraining.Copy(plan, block);
        training.WriteDirectly();

        EmbeddingTraining.Copy(plan, block);

        EmbeddingTraining.AssertCopied(plan, block);
        plan.Release();
    }

    [TestMethod]
    public async Task Save_ElementWrittenDirectlyBeforeTheFirstSaveInOtherMemory_IsInItAndInLaterOnes()
    {
        var storage = new MemoryStorage();
        var gate = new GatedCheckpointIO(new IncrementalCheckpointIO(storage: storage));
        using var training = new EmbeddingTraining();
        await using var io = new AsyncCheckpointIO(gate);
        training.Sparse(3);
        using var state = training.State();
        io.Submit(state, "run/0", null);
        await gate.ArrivalAsync(Stop);
        io.BeforeParametersChange();
        training.WriteDirectly(element: 100_000);

        // Equals the tensor, so comparing it later finds nothing.
        var operation = io.Submit(state, "run/1", null);
        gate.Open();
        await operation.Durable.WaitAsync(Stop);
        CollectionAssert.AreEqual(Embeddings.FullFileOf(state), Embeddings.Assemble(storage, "run/1"));
        for (var save = 2; save < 5; save++)
        {
            io.BeforeParametersChange();
            training.Sparse(save);
            await io.Submit(state, $"run/{save}", null).Durable.WaitAsync(Stop);
            CollectionAssert.AreEqual(Embeddings.FullFileOf(state), Embeddings.Assemble(storage, $"run/{save}"));
        }
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Hash_ElementWrittenDirectlyAndThenCopiedAfterAnAbortedFirstCopy_IsFoundAndCopiedToOtherMemory(bool isInAFullFile)
    {
        using var training = new EmbeddingTraining();
        training.Sparse(3);
        using var live = training.State();
        var plan = new CapturePlan(live, [.. live.Tensors().Select(entry => entry.Value)], overlap: true, copiesRows: true);
        using var pool = new ArenaPool(hugePages: false);
        using var first = pool.Rent(plan.ByteLength, long.MaxValue);
        using var second = pool.Rent(plan.ByteLength, long.MaxValue);
        var hashed = Save(first, null);
        new CopyJob(new CopyTarget(new CopyList([]), 0), rows: RowCopy.Begin(plan, second.Block)).AbortThen(static () => { });
        training.WriteDirectly(element: 100_000);

        // Equals the tensor, so comparing it later finds nothing.
        hashed = Save(second, isInAFullFile ? null : hashed);

        // After a full file there is nothing to compare with until a save in other memory, which may have the old value.
        hashed = isInAFullFile ? Save(first, hashed) : hashed;
        foreach (var lease in new[] { second, first, second })
        {
            hashed = Save(lease, hashed);
            EmbeddingTraining.AssertCopied(plan, lease.Block);
        }

        plan.Release();

        TrainingState Capture(ArenaLease lease)
        {
            var rows = RowCopy.Begin(plan, lease.Block)!;
            new CopyJob(new CopyTarget(new CopyList([]), 0), rows: rows).Work();
            var captured = new StateMap();
            foreach (var piece in plan.RowPieces)
            {
                var (name, tensor) = live.Tensors().ElementAt(piece.FirstTensor);
                captured[name] = tensor.In(new RowStorage(lease, piece, rows.EpochOf(piece), rows.Identity), 0);
            }

            return new TrainingState(captured);
        }

        HashedState Save(ArenaLease lease, HashedState? earlier)
        {
            using var state = Capture(lease);
            var saved = new HashedState(state, earlier);
            CollectionAssert.AreEqual(new HashedState(state, null).Header, saved.Header);
            saved.ReleaseState(keepsEarlier: true);
            return saved;
        }
    }

    [TestMethod]
    public void Hash_AnElementWrittenDirectly_IsFoundWithinSomeSaves()
    {
        using var training = new EmbeddingTraining();
        training.Sparse(3);
        using var state = training.State();
        var hashed = new HashedState(state, null);
        training.WriteDirectly(element: 100_000);
        for (var save = 0; save < 32; save++)
        {
            hashed = new HashedState(state, hashed);
        }

        CollectionAssert.AreEqual(new HashedState(state, null).Header, hashed.Header);
    }

    [TestMethod]
    public async Task Save_AnElementWrittenDirectly_FailsWithinSomeSavesAndThenHashesAll()
    {
        var storage = new MemoryStorage();
        using var training = new EmbeddingTraining();
        await using var io = new AsyncCheckpointIO(new IncrementalCheckpointIO(storage: storage));
        training.Sparse(3);
        using var state = training.State();
        await io.Submit(state, "run/last", null).Durable.WaitAsync(Stop);
        training.WriteDirectly(element: 100_000);
        var outcomes = new List<CheckpointOutcome>();
        for (var save = 0; save < 40; save++)
        {
            io.BeforeParametersChange();
            training.Sparse(save);
            outcomes.Add(await io.Submit(state, "run/last", null).Completion.WaitAsync(Stop));
        }

        Assert.HasCount(1, outcomes.Where(outcome => outcome == CheckpointOutcome.Failed));
        Assert.IsFalse(io.IsOverlapping);
        CollectionAssert.AreEqual(Embeddings.FullFileOf(state), Embeddings.Assemble(storage, "run/last"));
    }

    [TestMethod]
    public async Task Save_ElementsWrittenDirectly_EveryFileLoads()
    {
        var storage = new MemoryStorage();
        using var training = new EmbeddingTraining();
        await using var io = new IncrementalCheckpointIO(new IncrementalCheckpointOptions { MaxChainLength = 1 }, storage);
        training.Sparse(3);
        for (var save = 0; save < 6; save++)
        {
            using var state = training.State();
            await io.SaveCheckpointAsync(state, "run/last", null, Stop);
            await io.VerifyAsync("run/last", Stop);
            (await io.LoadCheckpointAsync("run/last", null, Stop)).Dispose();
            training.WriteDirectly(element: 100_003);
            training.Sparse(save);
        }
    }

    [TestMethod]
    [DataRow(1, true)]
    [DataRow(2, true)]
    [DataRow(3, true)]
    [DataRow(4, false)]
    [DataRow(5, false)]
    public async Task Save_ChangesOfEveryKind_EveryFileLoadsAndIsNoOlderThanItsLastKnownChange(int seed, bool isAsync)
    {
        var random = new Random(seed);
        var storage = new MemoryStorage();
        using var training = new EmbeddingTraining();
        training.Sparse(3);
        CheckpointIO io = Create();
        var known = new KnownRows(training);
        var saves = new List<(string Path, SaveOperation Operation, KnownRows.Save Expected)>();
        var files = new Dictionary<string, KnownRows.Save>(StringComparer.Ordinal);
        for (var round = 0; round < 80; round++)
        {
            for (var change = random.Next(4); change > 0; change--)
            {
                io.BeforeParametersChange();
                if (random.Next(3) == 0)
                {
                    var row = random.Next(Rows);
                    known.WriteDirectly(row, training);
                }
                else
                {
                    training.Change(random);
                    known.Changed(training);
                }
            }

            var path = $"run/{random.Next(3)}";
            using var state = training.State();
            saves.Add((path, io.Submit(state, path, new SaveOptions { Slot = random.Next(3) == 0 ? path : null }), known.At(state)));
            if (random.Next(3) == 0)
            {
                await CheckAsync();
            }

            if (io is AsyncCheckpointIO { IsOverlapping: false } || random.Next(30) == 0)
            {
                // Rows are copied alone only while nothing was found to be wrong.
                await CheckAsync();
                await io.DisposeAsync();
                io = Create();
            }
        }

        await CheckAsync();
        await io.DisposeAsync();

        CheckpointIO Create()
        {
            var increments = new IncrementalCheckpointIO(new IncrementalCheckpointOptions { MaxChainLength = 3 }, storage);
            return isAsync ? new AsyncCheckpointIO(increments) : increments;
        }

        async Task CheckAsync()
        {
            await io.FlushAsync(Stop);
            foreach (var (path, operation, expected) in saves)
            {
                var outcome = await operation.Completion.WaitAsync(Stop);
                if (outcome == CheckpointOutcome.Durable)
                {
                    files[path] = expected;
                }
                else
                {
                    // The capture may find the direct write; then the save fails.
                    Assert.IsTrue(outcome == CheckpointOutcome.Superseded || (isAsync && known.HasDirect), operation.Failure?.Message);
                }
            }

            saves.Clear();
            foreach (var (path, expected) in files)
            {
                await io.VerifyAsync(path, Stop);
                using var loaded = await io.LoadCheckpointAsync(path, null, Stop);
                expected.AssertIs(loaded);

                // One file of all of it, as a copy to another place is made.
                var other = new MemoryStorage();
                await new SafetensorsCheckpointIO(other).SaveCheckpointAsync(loaded, "a", null, Stop);
                Assert.IsTrue(other["a"].AsSpan().SequenceEqual(Embeddings.Assemble(storage, path)), path);
            }
        }
    }

    /// <summary>What a file may have of each row of the embedding: its value, or an older one where it was written directly.</summary>
    private sealed class KnownRows(EmbeddingTraining training)
    {
        private const int RowBytes = Width * sizeof(float);

        private readonly Dictionary<int, List<byte[]>> _older = [];
        private byte[] _bytes = training.Embedding();

        /// <summary>Gets a value indicating whether anything was written directly so far.</summary>
        public bool HasDirect { get; private set; }

        /// <summary>Writes an element of a row, which nothing records.</summary>
        public void WriteDirectly(int row, EmbeddingTraining training)
        {
            HasDirect = true;
            if (!_older.TryGetValue(row, out var older))
            {
                _older[row] = older = [];
            }

            older.Add(_bytes.AsSpan(row * RowBytes, RowBytes).ToArray());
            training.WriteDirectly(element: (row * Width) + (row % Width), value: older.Count + row);
            _bytes = training.Embedding();
        }

        /// <summary>Takes a recorded change, after which files have the new values of these rows.</summary>
        public void Changed(EmbeddingTraining training)
        {
            var bytes = training.Embedding();
            for (var row = 0; row < Rows; row++)
            {
                if (!bytes.AsSpan(row * RowBytes, RowBytes).SequenceEqual(_bytes.AsSpan(row * RowBytes, RowBytes)))
                {
                    _older.Remove(row);
                }
            }

            _bytes = bytes;
        }

        public Save At(TrainingState state) => new(
            _bytes, _older.ToDictionary(entry => entry.Key, entry => entry.Value.ToArray()),
            [.. state.Tensors().Where(entry => entry.Key != "embedding").Select(entry => StateComparison.Bytes(entry.Value).ToArray())]);

        public sealed record Save(byte[] Rows, Dictionary<int, byte[][]> Older, byte[][] Others)
        {
            public void AssertIs(TrainingState loaded)
            {
                var bytes = StateComparison.Bytes(loaded["embedding"].AsTensor());
                for (var row = 0; row < bytes.Length / RowBytes; row++)
                {
                    var found = bytes.AsSpan(row * RowBytes, RowBytes);
                    if (!found.SequenceEqual(Rows.AsSpan(row * RowBytes, RowBytes)))
                    {
                        Assert.IsTrue(Older.TryGetValue(row, out var older), $"Row {row} has another value.");
                        Assert.IsTrue(IsAny(found, older), $"Row {row} has a value that it never had.");
                    }
                }

                foreach (var (index, (_, tensor)) in loaded.Tensors().Where(entry => entry.Key != "embedding").Index())
                {
                    Assert.IsTrue(Others[index].AsSpan().SequenceEqual(StateComparison.Bytes(tensor)), $"tensor {index}");
                }
            }

            private static bool IsAny(ReadOnlySpan<byte> found, byte[][] values)
            {
                foreach (var value in values)
                {
                    if (found.SequenceEqual(value))
                    {
                        return true;
                    }
                }

                return false;
            }
        }
    }
}
