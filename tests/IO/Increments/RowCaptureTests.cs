using Fulgurite.Callbacks;
using Fulgurite.State;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite.Tests.IO.Increments;

/// <summary>Captures and increments of tensors whose changed rows are recorded, against the bytes of the live tensors.</summary>
[TestClass]
[DoNotParallelize]
public sealed class RowCaptureTests
{
    private const int Rows = 3000;
    private const int Width = 64;

    public TestContext TestContext { get; set; } = null!;

    private CancellationToken Stop => TestContext.CancellationToken;

    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(3)]
    [DataRow(4)]
    public async Task Save_AfterRandomChanges_IsTheLiveState(int seed)
    {
        var random = new Random(seed);
        var storage = new MemoryStorage();
        using var training = new Training();
        await using var io = new AsyncCheckpointIO(
            new IncrementalCheckpointIO(new IncrementalCheckpointOptions { MaxChainLength = 7 }, storage),
            new AsyncCheckpointOptions { ValidateCaptures = seed % 2 == 0 });
        for (var round = 0; round < 60; round++)
        {
            for (var change = random.Next(4); change > 0; change--)
            {
                io.BeforeParametersChange();
                training.Change(random);
            }

            // Some superseded, some waiting for others, some linked.
            var path = $"run/{random.Next(2)}";
            using var state = training.State();
            var file = Embeddings.FullFileOf(state);
            var operation = io.Submit(state, path, new SaveOptions { Slot = random.Next(2) == 0 ? path : null });
            if (random.Next(3) > 0)
            {
                Assert.AreEqual(CheckpointOutcome.Durable, await operation.Completion.WaitAsync(Stop), operation.Failure?.Message);
                Assert.IsTrue(file.AsSpan().SequenceEqual(Embeddings.Assemble(storage, path)), $"round {round}");
            }
        }

        await io.FlushAsync(Stop);
        Assert.IsGreaterThan(0L, io.Statistics.Captures);
    }

    [TestMethod]
    public void Begin_MemoryWithAnEarlierCopy_CopiesTheRowsSince()
    {
        using var training = new Training();
        training.Sparse(3);
        using var state = training.State();
        var plan = new CapturePlan(state, [.. state.Tensors().Select(entry => entry.Value)], overlap: true, copiesRows: true);
        using var block = new ArenaBlock(ArenaBlock.RoundUp(plan.ByteLength), hugePages: false);
        Assert.HasCount(3, plan.RowPieces);
        var whole = Copy(plan, block);
        Assert.AreEqual(3 * Rows * Width * 4L, whole);
        training.Sparse(5, 6, 2000);
        training.Sparse(6);

        var some = Copy(plan, block);
        Assert.AreEqual(3 * 3 * Width * 4L, some);
        Assert.AreEqual(0L, Copy(plan, block));
        AssertCopied(plan, block);

        // Unknown content.
        block.Rows = null;
        Assert.AreEqual(3 * Rows * Width * 4L, Copy(plan, block));
        training.Write();
        Assert.AreEqual(Rows * Width * 4L, Copy(plan, block));
        AssertCopied(plan, block);
        plan.Release();
    }

    [TestMethod]
    public void Begin_AllMemoryWrittenDirectly_IsNoticed()
    {
        using var training = new Training();
        training.Sparse(3);
        using var state = training.State();
        var plan = new CapturePlan(state, [.. state.Tensors().Select(entry => entry.Value)], overlap: true, copiesRows: true);
        using var block = new ArenaBlock(ArenaBlock.RoundUp(plan.ByteLength), hugePages: false);
        Copy(plan, block);
        training.WriteDirectly();

        Copy(plan, block);

        AssertCopied(plan, block);
        plan.Release();
    }

    [TestMethod]
    public async Task Save_AnElementWrittenDirectly_FailsWithinSomeSavesAndThenHashesAll()
    {
        var storage = new MemoryStorage();
        using var training = new Training();
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
    public void Hash_AnElementWrittenDirectly_IsFoundWithinSomeSaves()
    {
        using var training = new Training();
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
    public void Begin_ElementWrittenDirectlyBeforeACopyInOtherMemory_CopiesAllRowsAgain()
    {
        using var training = new Training();
        training.Sparse(3);
        using var state = training.State();
        var plan = new CapturePlan(state, [.. state.Tensors().Select(entry => entry.Value)], overlap: true, copiesRows: true);
        using var first = new ArenaBlock(ArenaBlock.RoundUp(plan.ByteLength), hugePages: false);
        using var second = new ArenaBlock(ArenaBlock.RoundUp(plan.ByteLength), hugePages: false);
        Copy(plan, first);
        var hashed = new HashedState(state, null);
        training.WriteDirectly(element: 100_000);

        // Equals the tensor, so comparing it later finds nothing.
        Copy(plan, second);

        Assert.AreEqual(3 * Rows * Width * 4L, Copy(plan, first));
        Assert.AreEqual(0L, Copy(plan, second));
        AssertCopied(plan, first);
        CollectionAssert.AreEqual(new HashedState(state, null).Header, new HashedState(state, hashed).Header);
        plan.Release();
    }

    [TestMethod]
    public async Task Save_ElementsWrittenDirectly_EveryFileLoads()
    {
        var storage = new MemoryStorage();
        using var training = new Training();
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
        using var training = new Training();
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
                    // What was written directly may be found in the capture, which is refused.
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

    [TestMethod]
    [DataRow(1, 2)]
    [DataRow(2, 1)]
    public void Step_GradientsOfOtherSparseDimensions_RecordsTheRowsThatChange(int first, int second)
    {
        using var training = new Training();
        training.StepIn(first, 3, 40);
        training.StepIn(first, 3, 40);
        using var state = training.State();
        foreach (var sparseDimensions in new[] { second, first, second })
        {
            var epochs = training.Changes().ConvertAll(changes => changes.EndEpoch());
            var before = state.Tensors().Take(3).Select(entry => StateComparison.Bytes(entry.Value).ToArray()).ToArray();

            training.StepIn(sparseDimensions, 2999, 7);

            foreach (var (index, changes) in training.Changes().Index())
            {
                var after = StateComparison.Bytes(state.Tensors().ElementAt(index).Value);
                var length = (int)changes.RowByteLength;
                changes.EndEpoch();
                Assert.IsFalse(before[index].AsSpan().SequenceEqual(after), $"tensor {index}");
                for (var row = 0; row < changes.RowCount; row++)
                {
                    Assert.IsTrue(
                        changes.HasChanged(row, epochs[index])
                            || before[index].AsSpan(row * length, length).SequenceEqual(after.AsSpan(row * length, length)),
                        $"tensor {index}, row {row}, {sparseDimensions} dimensions");
                }
            }
        }
    }

    [TestMethod]
    public void Plan_WithoutIncrements_CopiesThePieceWhole()
    {
        using var training = new Training();
        training.Sparse(3);
        using var state = training.State();
        var plan = new CapturePlan(state, [.. state.Tensors().Select(entry => entry.Value)], overlap: true);

        Assert.IsEmpty(plan.RowPieces);
        Assert.IsEmpty(plan.InStepPieces.Where(piece => piece.ByteLength == Rows * Width * 4));
        plan.Release();
    }

    [TestMethod]
    public async Task Save_SparseStepsBetween_HashesAndWritesTheirRows()
    {
        var storage = new MeteredStorage(new MemoryStorage());
        using var training = new Training();
        await using var io = new AsyncCheckpointIO(new IncrementalCheckpointIO(storage: storage));
        training.Sparse(0);
        var full = await SaveAsync(io, storage, training);
        for (var save = 0; save < 5; save++)
        {
            io.BeforeParametersChange();
            training.Sparse(save, 100 + save, 2000 + save);
            var written = await SaveAsync(io, storage, training);
            Assert.IsLessThan(full / 20, written);
        }
    }

    [TestMethod]
    public void Fit_SparseEmbedding_CapturesItsRowsAndResumesExactly()
    {
        var storage = new MemoryStorage();
        var captured = new List<long>();
        var saved = Fit(storage, resumeFrom: null, maxEpochs: 2, captured);
        var resumed = Fit(storage, "run/4", maxEpochs: 2, []);

        Assert.IsTrue(saved.AsSpan().SequenceEqual(resumed));
        Assert.HasCount(8, captured);

        // The first save after the first sparse step, and the first in each block of memory, copy everything.
        Assert.IsGreaterThan(3L * Rows * Width * 4, captured[0]);
        Assert.IsLessThan(captured[0] / 10, captured[^1] - captured[^2]);
    }

    [TestMethod]
    public async Task Save_ElementWrittenDirectlyAndFound_StaysInLaterChains()
    {
        const int Longest = 34;
        var storage = new MemoryStorage();
        using var training = new Training();
        await using var io = new IncrementalCheckpointIO(new IncrementalCheckpointOptions { MaxChainLength = Longest }, storage);
        var wasFound = false;
        for (var save = 0; save <= Longest + 2; save++)
        {
            training.Sparse(1);
            using var state = training.State();
            await io.SaveCheckpointAsync(state, "run/last", null, Stop);
            var isExact = Embeddings.Assemble(storage, "run/last").AsSpan().SequenceEqual(Embeddings.FullFileOf(state));
            Assert.IsTrue(isExact || !wasFound, $"Save {save} contains the old value again.");
            wasFound = save > 0 && isExact;
            if (save == 0)
            {
                training.WriteDirectly(element: 100_003);
            }
        }

        Assert.IsTrue(wasFound);
    }

    [TestMethod]
    public void Hash_LiveTensors_HashesTheRowsThatChanged()
    {
        using var training = new Training();
        training.Sparse(3);
        using var state = training.State();
        var first = new HashedState(state, null);
        training.Sparse(1, 7);
        var second = new HashedState(state, first);
        training.Sparse(9);
        var third = new HashedState(state, second);

        // Saves are not always written in the order of their captures: the changes between two captures count either way.
        Assert.IsGreaterThan(3L * Rows * Width * 4, first.HashedBytes);
        var others = state.Tensors().Sum(entry => entry.Value.ByteLength) - (3L * Rows * Width * 4);
        Assert.AreEqual(3 * 2 * Width * 4, second.ChangesSince(first).ChangedBytes);
        Assert.IsInRange((3 * 2 * Width * 4) + others, (3 * 2 * Width * 4) + others + 4096, second.HashedBytes);
        Assert.IsInRange((3 * 1 * Width * 4) + others, (3 * 1 * Width * 4) + others + 4096, third.HashedBytes);
        var fresh = new HashedState(state, null);
        CollectionAssert.AreEqual(fresh.Header, third.Header);
    }

    private static byte[] Fit(MemoryStorage storage, string? resumeFrom, int maxEpochs, List<long> captured)
    {
        using var module = new SparseModule();
        var io = new AsyncCheckpointIO(new IncrementalCheckpointIO(storage: storage));
        var saving = new SavingCallback { Captured = () => captured.Add(io.Statistics.CapturedBytes) };
        List<Tensor> data =
            [.. Enumerable.Range(0, 4).Select(index => randint(0, Rows, [20], dtype: int64, generator: new Generator((ulong)index + 1)))];
        new Trainer(new SingleDeviceStrategy(io), new TrainerOptions { MaxEpochs = maxEpochs, GradientClipNorm = 0.1 }, [saving]).Fit(
            module, data, checkpointPath: resumeFrom, cancellationToken: default);
        using var weight = module.Embedding.weight!.detach();
        return weight.bytes.ToArray();
    }

    /// <summary>Returns the copied bytes.</summary>
    private static long Copy(CapturePlan plan, ArenaBlock block)
    {
        var rows = RowCopy.Begin(plan, block)!;
        new CopyJob(new CopyTarget(new CopyList([]), 0), rows: rows).Work();
        return rows.CopiedBytes;
    }

    private static void AssertCopied(CapturePlan plan, ArenaBlock block)
    {
        foreach (var piece in plan.RowPieces)
        {
            Assert.IsTrue(MemoryComparison.AreSame(piece.Source, block.Address + (nint)piece.Target, piece.ByteLength));
        }
    }

    private async Task<long> SaveAsync(AsyncCheckpointIO io, MeteredStorage storage, Training training)
    {
        var before = storage.Bytes;
        using var state = training.State();
        await io.Submit(state, "run/last", null).Durable.WaitAsync(Stop);
        CollectionAssert.AreEqual(Embeddings.FullFileOf(state), Embeddings.Assemble(storage, "run/last"));
        return storage.Bytes - before;
    }

    /// <summary>What a file may have of each row of the embedding: its value, or an older one where it was written directly.</summary>
    private sealed class KnownRows(Training training)
    {
        private const int RowBytes = Width * sizeof(float);

        private readonly Dictionary<int, List<byte[]>> _older = [];
        private byte[] _bytes = training.Embedding();

        /// <summary>Gets a value indicating whether anything was written directly so far.</summary>
        public bool HasDirect { get; private set; }

        /// <summary>Writes an element of a row, which nothing records.</summary>
        public void WriteDirectly(int row, Training training)
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
        public void Changed(Training training)
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

    private sealed class SavingCallback : Callback
    {
        public required Action Captured { get; init; }

        public override void OnTrainBatchEnd(OnTrainBatchEndArguments arguments)
        {
            arguments.Trainer.SaveCheckpoint($"run/{arguments.Trainer.GlobalStep}").Durable.GetAwaiter().GetResult();
            Captured();
        }
    }

    private sealed class SparseModule : TrainingModule<Tensor>
    {
        public SparseModule()
            : base(nameof(SparseModule))
        {
            manual_seed(4);
            Embedding = nn.Embedding(Rows, Width, sparse: true);
            Line = nn.Linear(Width, 2);
            register_module(nameof(Embedding), Embedding);
            register_module(nameof(Line), Line);
        }

        public Embedding Embedding { get; }

        public Linear Line { get; }

        public override OptimizerSetup ConfigureOptimizers() => new FusedAdam(parameters());

        public override Tensor? TrainingStep(Tensor batch, int batchIndex) =>
            (Line.call(Embedding.call(batch)) - 1).pow(2).mean();
    }

    /// <summary>An embedding that a fused Adam trains with sparse gradients, and a dense parameter.</summary>
    private sealed class Training : IDisposable
    {
        /// <summary>Added to gradients, so that each changes its row. Held, since TorchSharp frees scalars that are in use.</summary>
        private static readonly Scalar Offset = 0.1;

        private static readonly Scalar One = 1;

        private readonly Parameter _embedding = nn.Parameter(zeros(Rows, Width));
        private readonly Parameter _dense = nn.Parameter(zeros(20, 30));
        private readonly FusedAdam _optimizer;
        private byte _fill;

        public Training() => _optimizer = new FusedAdam([_embedding, _dense]);

        public TrainingState State()
        {
            var root = new StateMap { ["embedding"] = TensorData.FromTensor(_embedding, TensorStability.UntilOptimizerStep) };
            for (var index = 0; index < 2; index++)
            {
                var state = (Adam.State)_optimizer.state_dict().State[index];
                root[$"mean{index}"] = TensorData.FromTensor(state.exp_avg, TensorStability.UntilOptimizerStep);
                root[$"square{index}"] = TensorData.FromTensor(state.exp_avg_sq, TensorStability.UntilOptimizerStep);
            }

            root["dense"] = TensorData.FromTensor(_dense, TensorStability.UntilOptimizerStep);
            return new TrainingState(root);
        }

        public void Sparse(params long[] rows)
        {
            using var scope = NewDisposeScope();
            var places = tensor(rows).reshape(1, rows.Length);
            _embedding.grad = sparse_coo_tensor(places, rand(rows.Length, Width).add(Offset, One), [Rows, Width]);
            _optimizer.step();
            _embedding.grad = null;
        }

        /// <summary>Steps two rows whole, or one element of each.</summary>
        public void StepIn(int sparseDimensions, long row, long other)
        {
            if (sparseDimensions == 1)
            {
                Sparse(row, other);
                return;
            }

            using var scope = NewDisposeScope();
            _embedding.grad = sparse_coo_tensor(tensor(new long[,] { { row, other }, { 5, 6 } }), rand(2).add(Offset, One), [Rows, Width]);
            _optimizer.step();
            _embedding.grad = null;
        }

        /// <summary>Gets the records of the embedding and its moments.</summary>
        public List<RowChanges> Changes()
        {
            var state = (Adam.State)_optimizer.state_dict().State[0];
            return [RowChanges.Of(_embedding)!, RowChanges.Of(state.exp_avg)!, RowChanges.Of(state.exp_avg_sq)!];
        }

        public byte[] Embedding()
        {
            using var detached = _embedding.detach();
            return detached.bytes.ToArray();
        }

        public void Write()
        {
            using var _ = no_grad();
            _embedding[17].add_(One, One).Dispose();
        }

        public void WriteDirectly()
        {
            using var detached = _embedding.detach();
            detached.bytes.Fill(++_fill);
        }

        public void WriteDirectly(int element, float value = 5)
        {
            using var detached = _embedding.detach();
            detached.data<float>()[element / Width, element % Width] = value;
        }

        public void Change(Random random)
        {
            using var scope = NewDisposeScope();
            using var grad = no_grad();
            switch (random.Next(10))
            {
                case 0:
                    Write();
                    break;
                case 1:
                    _embedding.detach().bytes[random.Next(Rows * Width * 4)] ^= 1;
                    RowChanges.Of(_embedding)?.MarkAll();
                    break;
                case 2:
                    _embedding.grad = rand(Rows, Width);
                    _optimizer.step();
                    _embedding.grad = null;
                    break;
                case 3:
                    WriteDirectly();
                    break;
                case 4:
                    _dense.grad = rand(20, 30);
                    _optimizer.step();
                    break;
                default:
                    Sparse([.. Enumerable.Range(0, random.Next(1, 40)).Select(_ => (long)random.Next(Rows))]);
                    break;
            }
        }

        public void Dispose()
        {
            _embedding.Dispose();
            _dense.Dispose();
            _optimizer.Dispose();
        }
    }
}
