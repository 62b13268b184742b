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
    private const int Rows = EmbeddingTraining.Rows;
    private const int Width = EmbeddingTraining.Width;

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
        using var training = new EmbeddingTraining();
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
        using var training = new EmbeddingTraining();
        training.Sparse(3);
        using var state = training.State();
        var plan = new CapturePlan(state, [.. state.Tensors().Select(entry => entry.Value)], overlap: true, copiesRows: true);
        using var block = new ArenaBlock(ArenaBlock.RoundUp(plan.ByteLength), hugePages: false);
        Assert.HasCount(3, plan.RowPieces);
        var whole = EmbeddingTraining.Copy(plan, block);
        Assert.AreEqual(3 * Rows * Width * 4L, whole);
        training.Sparse(5, 6, 2000);
        training.Sparse(6);

        var some = EmbeddingTraining.Copy(plan, block);
        Assert.AreEqual(3 * 3 * Width * 4L, some);
        Assert.AreEqual(0L, EmbeddingTraining.Copy(plan, block));
        EmbeddingTraining.AssertCopied(plan, block);

        // Unknown content.
        block.Rows = null;
        Assert.AreEqual(3 * Rows * Width * 4L, EmbeddingTraining.Copy(plan, block));
        training.Write();
        Assert.AreEqual(Rows * Width * 4L, EmbeddingTraining.Copy(plan, block));
        EmbeddingTraining.AssertCopied(plan, block);
        plan.Release();
    }

    [TestMethod]
    public void Begin_OtherMemory_LeavesEarlierCopiesAsTheyAre()
    {
        using var training = new EmbeddingTraining();
        training.Sparse(3);
        using var state = training.State();
        var plan = new CapturePlan(state, [.. state.Tensors().Select(entry => entry.Value)], overlap: true, copiesRows: true);
        using var first = new ArenaBlock(ArenaBlock.RoundUp(plan.ByteLength), hugePages: false);
        using var second = new ArenaBlock(ArenaBlock.RoundUp(plan.ByteLength), hugePages: false);
        EmbeddingTraining.Copy(plan, first);
        training.Sparse(5);

        Assert.AreEqual(3 * Rows * Width * 4L, EmbeddingTraining.Copy(plan, second));
        training.Sparse(6);

        Assert.AreEqual(3 * 2 * Width * 4L, EmbeddingTraining.Copy(plan, first));
        Assert.AreEqual(3 * Width * 4L, EmbeddingTraining.Copy(plan, second));
        EmbeddingTraining.AssertCopied(plan, first);
        EmbeddingTraining.AssertCopied(plan, second);
        plan.Release();
    }

    [TestMethod]
    [DataRow(1, 2)]
    [DataRow(2, 1)]
    public void Step_GradientsOfOtherSparseDimensions_RecordsTheRowsThatChange(int first, int second)
    {
        using var training = new EmbeddingTraining();
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
        using var training = new EmbeddingTraining();
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
        using var training = new EmbeddingTraining();
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
        using var training = new EmbeddingTraining();
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
        using var training = new EmbeddingTraining();
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

    private async Task<long> SaveAsync(AsyncCheckpointIO io, MeteredStorage storage, EmbeddingTraining training)
    {
        var before = storage.Bytes;
        using var state = training.State();
        await io.Submit(state, "run/last", null).Durable.WaitAsync(Stop);
        CollectionAssert.AreEqual(Embeddings.FullFileOf(state), Embeddings.Assemble(storage, "run/last"));
        return storage.Bytes - before;
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
}
