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
        var expected = new Queue<(SaveOperation Operation, byte[] File)>();
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
                Assert.AreEqual(CheckpointOutcome.Durable, await operation.Completion.WaitAsync(Stop), operation.Durable.Exception?.ToString());
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
        Assert.AreEqual(3 * Rows * Width * 4L, whole.Target.List.ByteLength);
        training.Sparse(5, 6, 2000);
        training.Sparse(6);

        var some = Copy(plan, block);
        Assert.AreEqual(3 * 3 * Width * 4L, some.Target.List.ByteLength);
        Assert.AreEqual(0, Copy(plan, block).Target.List.ByteLength);
        AssertCopied(plan, block);

        // Another snapshot, or unknown content.
        block.Rows = whole;
        Assert.AreEqual(3 * 3 * Width * 4L, Copy(plan, block).Target.List.ByteLength);
        block.Rows = null;
        Assert.AreEqual(3 * Rows * Width * 4L, Copy(plan, block).Target.List.ByteLength);
        training.Write();
        Assert.AreEqual(Rows * Width * 4L, Copy(plan, block).Target.List.ByteLength);
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

    private static CopiedRows Copy(CapturePlan plan, ArenaBlock block)
    {
        var rows = CopiedRows.Begin(plan, block)!;
        for (var chunk = 0; chunk < rows.Target.List.ChunkCount; chunk++)
        {
            rows.Target.Copy(chunk);
        }

        Assert.IsNull(block.Rows);
        return block.Rows = rows;
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

    /// <summary>An embedding that a fused Adam trains with sparse gradients, and a dense parameter.</summary>
    private sealed class Training : IDisposable
    {
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
            _embedding.grad = sparse_coo_tensor(tensor(rows).reshape(1, rows.Length), rand(rows.Length, Width) + 0.1, [Rows, Width]);
            _optimizer.step();
            _embedding.grad = null;
        }

        public void Write()
        {
            using var _ = no_grad();
            using Scalar one = 1;
            _embedding[17].add_(one).Dispose();
        }

        public void WriteDirectly()
        {
            using var detached = _embedding.detach();
            detached.bytes.Fill(++_fill);
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
