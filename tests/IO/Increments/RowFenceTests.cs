using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite.Tests.IO.Increments;

/// <summary>Saves whose rows are copied after the fence, and changes meanwhile: each save is exact, or fails.</summary>
[TestClass]
[DoNotParallelize]
public sealed class RowFenceTests(TestContext context)
{
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

    [TestMethod]
    [Timeout(60_000)]
    public async Task Save_RowChangedAfterTheStepWithoutAFence_FailsAndTheNextIsExact()
    {
        using var run = new GatedRun();
        await run.SaveUntilTheGateAsync(context.CancellationToken);
        var second = run.Save();
        run.Strategy.OptimizerStep(run.Training.Optimizer);

        // Nothing looks at the tensor again before the writer copies it.
        run.Training.AddToARow();
        run.Gate.Open();

        Assert.AreEqual(CheckpointOutcome.Failed, await second.Completion.WaitAsync(context.CancellationToken));
        StringAssert.Contains(second.Failure!.Message, "'embedding'", StringComparison.Ordinal);
        await run.Save("third").Durable.WaitAsync(context.CancellationToken);
        run.AssertIsSaved("third");
    }

    [TestMethod]
    [Timeout(60_000)]
    public async Task Save_FrozenTensorChangedAndThenUnfrozen_IsExact()
    {
        using var frozen = nn.Parameter(rand(RowTraining.Rows, RowTraining.Width));
        using var run = new GatedRun(frozen);
        var zero = run.Save("zero");
        run.Gate.LetOneThrough();
        await zero.Durable.WaitAsync(context.CancellationToken);
        await run.Gate.ArrivalAsync(context.CancellationToken);
        await run.SaveUntilTheGateAsync(context.CancellationToken);
        run.Strategy.CheckpointIO.BeforeParametersChange();
        using (no_grad())
        {
            frozen.zero_();
        }

        var second = run.Save();
        frozen.grad = rand(RowTraining.Rows, RowTraining.Width);
        run.Strategy.OptimizerStep(run.Training.Optimizer);

        run.Gate.Open();
        await second.Durable.WaitAsync(context.CancellationToken);
        run.AssertIsSaved();
    }

    [TestMethod]
    [Timeout(60_000)]
    public async Task Save_RowsPending_SharesTheCopyOfFrozenTensors()
    {
        using var frozen = nn.Parameter(rand(1_000_000), requires_grad: false);
        using var run = new GatedRun(frozen);
        await run.SaveUntilTheGateAsync(context.CancellationToken);
        for (var number = 0; number < 3; number++)
        {
            run.Save($"{number}");
            run.Strategy.OptimizerStep(run.Training.Optimizer);
        }

        // Four times the embedding with its moments, and once the frozen tensor.
        var rows = 4 * ArenaBlock.RoundUp(3 * RowTraining.Rows * RowTraining.Width * sizeof(float));
        Assert.IsLessThan(rows + (3 * 4_000_000), ((AsyncCheckpointIO)run.Strategy.CheckpointIO).Statistics.MemoryBytes);
    }

    [TestMethod]
    [Timeout(60_000)]
    [DataRow(false)]
    [DataRow(true)]
    public async Task BeforeParametersChange_InTheClosureOfAStep_MakesTheCopiesOfTheStep(bool isSparse)
    {
        var storage = new MemoryStorage();
        await using var io = new AsyncCheckpointIO(new IncrementalCheckpointIO(storage: storage));
        using var training = new RowTraining();
        using var dense = nn.Parameter(rand(RowTraining.Rows, RowTraining.Width));
        using var optimizer = new FusedAdam([dense, training.Embedding]);
        using var state = training.State();
        state["dense"] = TensorData.FromTensor(dense, TensorStability.UntilOptimizerStep);
        training.SetGradient(3, 17, isDense: !isSparse);
        dense.grad = rand(RowTraining.Rows, RowTraining.Width);
        var expected = Embeddings.FullFileOf(state);
        var operation = io.Submit(state, "a", null);
        IStepCopies copies = optimizer;
        var thread = new Thread(() =>
        {
            io.CopyInNextStep(copies);
            io.BeforeParametersChange();
            optimizer.step(() =>
            {
                io.BeforeParametersChange();
                using var _ = no_grad();
                dense.zero_();
                training.Zero();
                return zeros(1);
            });
            copies.Finish();
        })
        { IsBackground = true };
        thread.Start();

        thread.Join();

        await operation.Durable.WaitAsync(context.CancellationToken);
        Assert.IsTrue(expected.AsSpan().SequenceEqual(Embeddings.Assemble(storage, "a")));
    }

    [TestMethod]
    [Timeout(60_000)]
    public async Task Save_StepThatRecordsNoRowsAndCopiesOtherTensors_IsExact()
    {
        var storage = new MemoryStorage();
        await using var io = new AsyncCheckpointIO(new IncrementalCheckpointIO(storage: storage));
        using var training = new RowTraining();
        using var dense = rand(RowTraining.Rows, RowTraining.Width);
        using var state = training.State();
        state["dense"] = TensorData.FromTensor(dense, TensorStability.UntilOptimizerStep);
        var expected = Embeddings.FullFileOf(state);
        var operation = io.Submit(state, "a", null);
        var step = new CopyingStep();
        io.CopyInNextStep(step);
        io.BeforeParametersChange();

        // What the step changes. Its copies end later.
        training.Zero();
        step.Finish();

        await operation.Durable.WaitAsync(context.CancellationToken);
        Assert.IsTrue(expected.AsSpan().SequenceEqual(Embeddings.Assemble(storage, "a")));
    }

    /// <summary>Makes all copies when they are added, and reports them when it finishes.</summary>
    private sealed unsafe class CopyingStep : IStepCopies
    {
        private Action? _completed;

        public bool TryAdd(nint source, nint target, long byteLength)
        {
            Buffer.MemoryCopy((void*)source, (void*)target, byteLength, byteLength);
            return true;
        }

        public void Then(Action completed) => _completed += completed;

        public void Finish() => Interlocked.Exchange(ref _completed, null)?.Invoke();
    }

    /// <summary>A run whose writer waits at a gate, and whose rows nobody else copies.</summary>
    private sealed class GatedRun : IDisposable
    {
        private readonly MemoryStorage _storage = new();
        private readonly Parameter? _frozen;
        private byte[] _expected = [];

        public GatedRun(Parameter? frozen = null)
        {
            _frozen = frozen;
            Training = new RowTraining(frozen);
            Gate = new GatedCheckpointIO(new IncrementalCheckpointIO(storage: _storage));
            Strategy = new SingleDeviceStrategy(new AsyncCheckpointIO(Gate, new AsyncCheckpointOptions { CopyThreads = 1 }));
        }

        public RowTraining Training { get; }

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
            if (_frozen is not null)
            {
                state["frozen"] = TensorData.FromTensor(_frozen, TensorStability.Frozen);
            }

            _expected = Embeddings.FullFileOf(state);
            return Strategy.SaveCheckpoint(state, path, null);
        }

        public void AssertIsSaved(string path = "second") =>
            Assert.IsTrue(_expected.AsSpan().SequenceEqual(Embeddings.Assemble(_storage, path)));

        public void Dispose()
        {
            Gate.Open();
            Strategy.Dispose();
            Training.Dispose();
        }
    }
}
