using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite.Tests.IO.Increments;

/// <summary>Captures of recorded rows that go on while steps change the rows, against copies made at once.</summary>
[TestClass]
[DoNotParallelize]
public sealed class RowStepTests(TestContext context)
{
    private const int Rows = 20_000;
    private const int Width = 32;

    [TestMethod]
    [Timeout(300_000)]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(3)]
    public void Copy_OtherThreadsWhileStepsChangeRows_IsTheStateAtItsBegin(int seed)
    {
        var random = new Random(seed);
        using var training = new Training();
        using var captures = new Captures(training);
        var (compared, overlapped) = (0, 0);
        for (var round = 0; round < 60; round++)
        {
            using var capture = captures.Begin(random.Next(2));
            var threads = Array.ConvertAll(new Thread[random.Next(1, 3)], _ => new Thread(capture.Job.Work));
            Array.ForEach(threads, static thread => thread.Start());
            for (var step = random.Next(1, 5); step > 0; step--)
            {
                training.Step(random);
                overlapped += capture.Job.IsCompleted ? 0 : 1;
            }

            if (random.Next(4) == 0)
            {
                // The memory keeps what it got, for the next capture.
                capture.Job.AbortThen(static () => { });
                Array.ForEach(threads, static thread => thread.Join());
                continue;
            }

            Array.ForEach(threads, static thread => thread.Join());
            capture.AssertIsTheState($"round {round}");
            compared++;
        }

        Assert.IsGreaterThan(20, compared);
        context.WriteLine($"{compared} captures compared; {overlapped} steps ended before the capture did.");
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(3)]
    [DataRow(4)]
    public void Copy_ChunksBetweenSteps_IsTheStateAtItsBegin(int seed)
    {
        var random = new Random(seed);
        using var training = new Training();
        using var captures = new Captures(training);
        for (var round = 0; round < 12; round++)
        {
            using var capture = captures.Begin(random.Next(2));
            for (var turn = random.Next(8); turn > 0; turn--)
            {
                for (var chunks = random.Next(4); chunks > 0; chunks--)
                {
                    capture.Rows.Copy(random.Next(capture.Rows.ChunkCount));
                }

                training.Step(random);
            }

            capture.Job.Work();
            Assert.IsTrue(capture.Job.IsCompleted);
            capture.AssertIsTheState($"round {round}");
        }
    }

    [TestMethod]
    [Timeout(300_000)]
    [DataRow(1, 0)]
    [DataRow(2, 2)]
    [DataRow(3, 1)]
    public async Task Submit_StepsWhileItIsSaved_SavesTheStateAtTheCall(int seed, int copyThreads)
    {
        var random = new Random(seed);
        var storage = new MemoryStorage();
        using var training = new Training();
        using var other = new Training();
        using var strategy = new SingleDeviceStrategy(new AsyncCheckpointIO(
            new IncrementalCheckpointIO(new IncrementalCheckpointOptions { MaxChainLength = 5 }, storage),
            new AsyncCheckpointOptions { CopyThreads = copyThreads }));
        for (var round = 0; round < 40; round++)
        {
            using var state = training.State();
            using var more = other.State();
            foreach (var (key, value) in more.Root)
            {
                state[$"other_{key}"] = value;
            }

            var path = $"run/{random.Next(2)}";
            var file = Embeddings.FullFileOf(state);
            var operation = strategy.SaveCheckpoint(state, path, new SaveOptions { Slot = random.Next(2) == 0 ? path : null });
            for (var step = random.Next(5); step > 0; step--)
            {
                var stepped = random.Next(3) == 0 ? other : training;
                if (random.Next(10) == 0)
                {
                    strategy.CheckpointIO.BeforeParametersChange();
                    stepped.Zero();
                }

                stepped.SetRandomGradient(random);
                strategy.OptimizerStep(stepped.Optimizer);
            }

            if (random.Next(2) == 0)
            {
                Assert.AreEqual(
                    CheckpointOutcome.Durable, await operation.Completion.WaitAsync(context.CancellationToken), operation.Failure?.Message);
                Assert.IsTrue(file.AsSpan().SequenceEqual(Embeddings.Assemble(storage, path)), $"round {round}");
            }
        }

        await strategy.CheckpointIO.FlushAsync(context.CancellationToken);
        Assert.AreEqual(0, ((AsyncCheckpointIO)strategy.CheckpointIO).Statistics.Failed);
    }

    [TestMethod]
    [Timeout(60_000)]
    public async Task OptimizerStep_RowsNotCopied_DoesNotWaitForThem()
    {
        using var run = new GatedRun();
        await run.SaveUntilTheGateAsync(context.CancellationToken);

        var second = run.Save();
        run.Strategy.OptimizerStep(run.Training.Optimizer);
        run.Training.SetGradient(random: new Random(2));
        run.Strategy.OptimizerStep(run.Training.Optimizer);

        Assert.IsFalse(second.Captured.IsCompleted, "Something has copied the rows, which the writer is to do.");
        run.Gate.Open();
        await second.Durable.WaitAsync(context.CancellationToken);
        run.AssertIsSaved();
    }

    [TestMethod]
    [Timeout(60_000)]
    public async Task BeforeParametersChange_RowsNotCopied_WaitsForThem()
    {
        using var run = new GatedRun();
        await run.SaveUntilTheGateAsync(context.CancellationToken);
        var second = run.Save();
        run.Strategy.OptimizerStep(run.Training.Optimizer);

        run.Strategy.CheckpointIO.BeforeParametersChange();
        run.Training.Zero();

        Assert.IsTrue(second.Captured.IsCompleted);
        run.Gate.Open();
        await second.Durable.WaitAsync(context.CancellationToken);
        run.AssertIsSaved();
    }

    [TestMethod]
    [Timeout(60_000)]
    public async Task Save_RowsChangedOutsideOfTheFenceAfterTheStep_Fails()
    {
        using var run = new GatedRun();
        await run.SaveUntilTheGateAsync(context.CancellationToken);
        var second = run.Save();
        run.Strategy.OptimizerStep(run.Training.Optimizer);

        run.Training.AddToARow();
        run.Strategy.OptimizerStep(run.Training.Optimizer);

        run.Gate.Open();
        Assert.AreEqual(CheckpointOutcome.Failed, await second.Completion.WaitAsync(context.CancellationToken));
    }

    private static byte[][] BytesOf(TrainingState state) =>
        [.. state.Tensors().Select(entry => StateComparison.Bytes(entry.Value).ToArray())];

    /// <summary>A run whose writer waits at a gate, and whose rows nobody else copies.</summary>
    private sealed class GatedRun : IDisposable
    {
        private readonly MemoryStorage _storage = new();
        private byte[] _expected = [];

        public GatedRun()
        {
            Gate = new GatedCheckpointIO(new IncrementalCheckpointIO(storage: _storage));
            Strategy = new SingleDeviceStrategy(new AsyncCheckpointIO(Gate, new AsyncCheckpointOptions { CopyThreads = 1 }));
        }

        public Training Training { get; } = new();

        public GatedCheckpointIO Gate { get; }

        public SingleDeviceStrategy Strategy { get; }

        public async Task SaveUntilTheGateAsync(CancellationToken stop)
        {
            Save("first");
            await Gate.ArrivalAsync(stop);
            Strategy.OptimizerStep(Training.Optimizer);
        }

        public SaveOperation Save(string path = "second")
        {
            using var state = Training.State();
            _expected = Embeddings.FullFileOf(state);
            return Strategy.SaveCheckpoint(state, path, null);
        }

        public void AssertIsSaved() => Assert.IsTrue(_expected.AsSpan().SequenceEqual(Embeddings.Assemble(_storage, "second")));

        public void Dispose()
        {
            Gate.Open();
            Strategy.Dispose();
            Training.Dispose();
        }
    }

    /// <summary>Two blocks of memory that captures use in turns.</summary>
    private sealed class Captures : IDisposable
    {
        private readonly TrainingState _state;
        private readonly CapturePlan _plan;
        private readonly ArenaBlock[] _blocks;

        public Captures(Training training)
        {
            _state = training.State();
            _plan = new CapturePlan(_state, [.. _state.Tensors().Select(entry => entry.Value)], overlap: true, copiesRows: true);
            Assert.HasCount(3, _plan.RowPieces);
            var length = ArenaBlock.RoundUp(_plan.ByteLength);
            _blocks = [new ArenaBlock(length, hugePages: false), new ArenaBlock(length, hugePages: false)];
        }

        public Capture Begin(int block) => new(_plan, _blocks[block], BytesOf(_state));

        public void Dispose()
        {
            Array.ForEach(_blocks, static block => block.Dispose());
            _plan.Release();
            _state.Dispose();
        }
    }

    private sealed class Capture : IDisposable
    {
        private readonly CapturePlan _plan;
        private readonly ArenaBlock _block;
        private readonly byte[][] _expected;

        public Capture(CapturePlan plan, ArenaBlock block, byte[][] expected)
        {
            (_plan, _block, _expected) = (plan, block, expected);
            Rows = RowCopy.Begin(plan, block)!;
            Job = new CopyJob(new CopyTarget(new CopyList([]), 0), rows: Rows);
            Rows.Register(Job);
        }

        public RowCopy Rows { get; }

        public CopyJob Job { get; }

        public unsafe void AssertIsTheState(string when)
        {
            Assert.IsNull(Rows.Differing, when);
            foreach (var (index, piece) in _plan.RowPieces.Index())
            {
                var copy = new ReadOnlySpan<byte>((byte*)_block.Address + piece.Target, (int)piece.ByteLength);
                Assert.IsTrue(copy.SequenceEqual(_expected[index]), $"{when}, tensor {index}");
            }
        }

        public void Dispose() => Job.AbortThen(static () => { });
    }

    /// <summary>An embedding that a fused Adam trains with sparse gradients, and a few dense ones.</summary>
    private sealed class Training : IDisposable
    {
        private readonly Parameter _embedding = nn.Parameter(zeros(Rows, Width));

        /// <summary>Steps once, since rows are recorded from the first sparse gradient on.</summary>
        public Training()
        {
            Optimizer = new FusedAdam([_embedding]);
            SetGradient(new Random(1));
            Optimizer.step();
        }

        public FusedAdam Optimizer { get; }

        public TrainingState State()
        {
            var state = (Adam.State)Optimizer.state_dict().State[0];
            return new TrainingState
            {
                ["embedding"] = TensorData.FromTensor(_embedding, TensorStability.UntilOptimizerStep),
                ["mean"] = TensorData.FromTensor(state.exp_avg, TensorStability.UntilOptimizerStep),
                ["square"] = TensorData.FromTensor(state.exp_avg_sq, TensorStability.UntilOptimizerStep),
            };
        }

        public void Step(Random random)
        {
            SetRandomGradient(random);
            Optimizer.step();
        }

        /// <summary>Sets a sparse gradient, or sometimes a dense one.</summary>
        public void SetRandomGradient(Random random)
        {
            SetGradient(random);
            if (random.Next(12) == 0)
            {
                using var dense = _embedding.grad!.to_dense();
                _embedding.grad = dense;
            }
        }

        public void SetGradient(Random random)
        {
            using var scope = NewDisposeScope();
            var rows = Array.ConvertAll(new long[random.Next(1, 2_000)], _ => (long)random.Next(Rows));
            _embedding.grad = sparse_coo_tensor(tensor(rows).reshape(1, rows.Length), rand(rows.Length, Width) + 0.1, [Rows, Width]);
        }

        public void AddToARow()
        {
            using var _ = no_grad();
            using Scalar one = 1;
            _embedding[17].add_(one).Dispose();
        }

        public void Zero()
        {
            using var _ = no_grad();
            _embedding.zero_();
        }

        public void Dispose()
        {
            _embedding.Dispose();
            Optimizer.Dispose();
        }
    }
}
