using System.Collections.Concurrent;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite.Tests.IO.Async;

/// <summary>
/// Saves whose copies are made by the optimizer step that follows, against copies made at once. Long with FULGURITE_SLOW=1: 100,000 steps
/// with saves.
/// </summary>
[TestClass]
[DoNotParallelize]
public sealed class StepCopyTests(TestContext context) : IDisposable
{
    private static readonly bool IsLong = string.Equals(
        Environment.GetEnvironmentVariable("FULGURITE_SLOW"), "1", StringComparison.Ordinal);

    private readonly Parameter _large = Parameter(20_000);
    private readonly Parameter _medium = Parameter(3_000);
    private readonly Parameter _small = Parameter(9);
    private readonly Parameter _second = Parameter(2_500);
    private readonly Tensor _buffer = zeros(2_000);

    [TestCleanup]
    public void Dispose()
    {
        foreach (var tensor in new[] { _large, _medium, _small, _second, _buffer })
        {
            tensor.Dispose();
        }
    }

    [TestMethod]
    [Timeout(1_800_000)]
    public async Task Submit_AtEveryStep_IsWhatACopyAtOnceWouldBe()
    {
        var steps = IsLong ? 100_000 : 1_000;
        var checker = new ComparingCheckpointIO();
        using var strategy = new SingleDeviceStrategy(
            new AsyncCheckpointIO(checker, new AsyncCheckpointOptions { ValidateCaptures = !IsLong }));
        using var adam = new FusedAdamW([_large, _medium, _small], 1e-2, amsgrad: true);
        using var sgd = new FusedSgd([_second], 1e-2, 0.9);
        var io = (AsyncCheckpointIO)strategy.CheckpointIO;
        var random = new Random(1);
        manual_seed(1);
        var operations = new Queue<SaveOperation>();
        for (var step = 1; step <= steps; step++)
        {
            using var scope = NewDisposeScope();
            using var _ = no_grad();
            operations.Enqueue(Save(io, checker, adam, sgd, step, "last", random.Next(3) == 0 ? null : new SaveOptions { Slot = "last" }));

            // What a forward pass does, and saves that come before the next step.
            using (Scalar value = step)
            {
                _buffer.fill_(value);
            }

            if (random.Next(8) == 0)
            {
                operations.Enqueue(Save(io, checker, adam, sgd, 1_000_000 + step, "best", null));
            }

            if (random.Next(50) == 0)
            {
                // Not awaited: scopes of tensors belong to this thread.
                io.FlushAsync(context.CancellationToken).GetAwaiter().GetResult();
            }

            if (random.Next(20) == 0)
            {
                io.BeforeParametersChange();
                _medium.zero_();
            }

            _large.grad = rand(20_000);
            _medium.grad = random.Next(5) == 0 ? null : rand(3_000);
            _small.grad = rand(9);
            _second.grad = rand(2_500);
            strategy.OptimizerStep(adam);
            if (random.Next(2) == 0)
            {
                strategy.OptimizerStep(sgd);
            }

            while (operations.Count > 50)
            {
                AssertFine(operations.Dequeue());
            }
        }

        await io.FlushAsync(context.CancellationToken);
        foreach (var operation in operations)
        {
            AssertFine(operation);
        }

        Assert.AreEqual(0, checker.Different, $"of {checker.Seen}");
        Assert.IsGreaterThan(steps / 4, checker.Seen);
        Assert.AreEqual(0, io.Statistics.Torn);
        context.WriteLine($"{checker.Seen} snapshots compared, {io.Statistics.Superseded} superseded, 0 differ.");
    }

    [TestMethod]
    public async Task Submit_BeforeAStep_IsCopiedByIt()
    {
        var inner = new InMemoryCheckpointIO();
        using var training = new Training(this, inner);

        var operation = training.Save();
        training.Step();

        Assert.IsTrue(operation.Captured.IsCompleted, "The step returned while the state may still be read.");
        Assert.AreNotEqual(0, _large[0].item<float>());
        await operation.Durable.WaitAsync(context.CancellationToken);
        StateAssert.HaveSameValues(training.Expected, inner["a"]);
    }

    [TestMethod]
    public async Task Submit_NoStepFollows_IsWrittenByAFlush()
    {
        var inner = new InMemoryCheckpointIO();
        using var training = new Training(this, inner);

        var operation = training.Save();
        await training.Strategy.CheckpointIO.FlushAsync(context.CancellationToken);

        Assert.AreEqual(CheckpointOutcome.Durable, operation.Outcome);
        StateAssert.HaveSameValues(training.Expected, inner["a"]);
    }

    [TestMethod]
    public async Task Submit_NoStepFollows_IsWrittenAllTheSame()
    {
        var inner = new InMemoryCheckpointIO();
        using var training = new Training(this, inner, new AsyncCheckpointOptions { CopyThreads = 1 });

        await training.Save().Durable.WaitAsync(context.CancellationToken);

        StateAssert.HaveSameValues(training.Expected, inner["a"]);
    }

    [TestMethod]
    public async Task Submit_TheStepThrows_IsWrittenAsItWas()
    {
        var inner = new InMemoryCheckpointIO();
        using var training = new Training(this, inner);
        _large.grad = ones(20_000);
        using (NewDisposeScope())
        {
            _small.grad = sparse_coo_tensor(tensor(new long[,] { { 1 } }), ones(1), [9]);
        }

        var operation = training.Save();
        Assert.ThrowsExactly<NotSupportedException>(() => training.Strategy.OptimizerStep(training.Adam));

        await operation.Durable.WaitAsync(context.CancellationToken);
        StateAssert.HaveSameValues(training.Expected, inner["a"]);
    }

    [TestMethod]
    public async Task Submit_ThroughTheTorchFormat_HasTheChecksumsOfItsBytes()
    {
        var storage = new MemoryStorage();
        using var training = new Training(this, new TorchCheckpointIO(storage));

        var operation = training.Save();
        training.Step();
        await operation.Durable.WaitAsync(context.CancellationToken);

        await training.Strategy.CheckpointIO.VerifyAsync("a", context.CancellationToken);
        using var loaded = await training.Strategy.CheckpointIO.LoadCheckpointAsync("a", null, context.CancellationToken);
        StateAssert.HaveSameValues(training.Expected, loaded);
    }

    [TestMethod]
    public async Task Submit_ChangedOutsideOfTheFenceBeforeTheStep_IsRefused()
    {
        var inner = new InMemoryCheckpointIO();
        using var training = new Training(this, inner);

        var operation = training.Save();
        using (no_grad())
        using (Scalar one = 1)
        {
            _large.fill_(one);
        }

        training.Step();

        Assert.AreEqual(CheckpointOutcome.Failed, await operation.Completion.WaitAsync(context.CancellationToken));
    }

    [TestMethod]
    [Timeout(20_000)]
    public void TakeSnapshot_DisposedBeforeTheStep_DoesNotStopTheStep()
    {
        using var training = new Training(this, new InMemoryCheckpointIO());
        training.TakeSnapshot().Dispose();

        training.Step();

        Assert.AreNotEqual(0, _large[0].item<float>());
        using var snapshot = training.TakeSnapshot();
        Assert.AreEqual(_large[0].item<float>(), snapshot.State["large"].AsTensor().ToTensor()[0].item<float>());
    }

    [TestMethod]
    [Timeout(20_000)]
    [DataRow(0)]
    [DataRow(1)]
    [DataRow(2)]
    public async Task Cancel_WaitingSaveBeforeTheStep_DoesNotStopTheStep(int way)
    {
        var inner = new OrderedCheckpointIO();
        using var training = new Training(this, inner);
        using var cancellation = new CancellationTokenSource();
        var first = training.Save("first");
        training.Step();
        await inner.ArrivalAsync(context.CancellationToken);
        if (way == 2)
        {
            var second = training.Strategy.CheckpointIO.SaveCheckpointAsync(training.State, "second", null, cancellation.Token);
            await cancellation.CancelAsync();
            await Assert.ThrowsAsync<OperationCanceledException>(() => second.WaitAsync(context.CancellationToken));
        }
        else
        {
            var second = training.Save("second");
            Assert.IsTrue(way == 0 ? second.Cancel() : second.Withdraw());
        }

        training.Step();

        inner.Open();
        await first.Durable.WaitAsync(context.CancellationToken);
        CollectionAssert.AreEqual(new[] { "+first" }, inner.Done.ToArray());
    }

    [TestMethod]
    [Timeout(20_000)]
    [DataRow(true)]
    [DataRow(false)]
    public async Task Cancel_WhileTheStepRuns_DoesNotWaitForTheStep(bool onTheThreadOfTheStep)
    {
        var inner = new OrderedCheckpointIO();
        using var training = new Training(this, inner);
        var io = (AsyncCheckpointIO)training.Strategy.CheckpointIO;
        var first = training.Save("first");
        training.Step();
        await inner.ArrivalAsync(context.CancellationToken);
        var second = training.Save("second");
        var step = new RecordingStep();
        io.CopyInNextStep(step);
        io.BeforeParametersChange();
        var leased = io.Statistics.MemoryBytes;

        Assert.HasCount(3, step.Lengths.Where(length => length > 4096).Take(3));
        Assert.IsTrue(onTheThreadOfTheStep ? second.Cancel() : Task.Run(second.Cancel, context.CancellationToken).GetAwaiter().GetResult());
        step.Finish();

        var third = training.Save("third");
        training.Step();
        Assert.AreEqual(leased, io.Statistics.MemoryBytes, "The memory of the cancelled save was not used again.");
        inner.Open();
        await first.Durable.WaitAsync(context.CancellationToken);
        await third.Durable.WaitAsync(context.CancellationToken);
        CollectionAssert.AreEqual(new[] { "+first", "+third" }, inner.Done.ToArray());
    }

    [TestMethod]
    public async Task BeforeParametersChange_FirstSteps_RehearseOneCopyOnce()
    {
        await using var io = new AsyncCheckpointIO(new InMemoryCheckpointIO());
        using var state = new TrainingState
        {
            ["large"] = TensorData.FromTensor(_large, TensorStability.UntilOptimizerStep),
            ["medium"] = TensorData.FromTensor(_medium, TensorStability.UntilOptimizerStep),
        };
        var step = new RecordingStep();
        io.Prepare(state);

        // The memory may be prepared by another thread, which is then waited for.
        Assert.IsTrue(SpinWait.SpinUntil(() => Pass() > 0, TimeSpan.FromMinutes(1)));
        var memory = io.Statistics.MemoryBytes;
        Pass();
        Pass();

        Assert.AreSequenceEqual(new long[] { 12_000 }, step.Lengths);
        var operation = io.Submit(state, "a", null);
        Pass();
        await operation.Durable.WaitAsync(context.CancellationToken);
        Assert.AreEqual(memory, io.Statistics.MemoryBytes, "The rehearsal has kept the memory of the first snapshot.");

        int Pass()
        {
            io.CopyInNextStep(step);
            io.BeforeParametersChange();
            step.Finish();
            return step.Lengths.Count;
        }
    }

    private static Parameter Parameter(long size) => nn.Parameter(zeros(size));

    private static void AssertFine(SaveOperation operation) =>
        Assert.IsTrue(
            operation.Completion.GetAwaiter().GetResult() is CheckpointOutcome.Durable or CheckpointOutcome.Superseded,
            $"{operation.Outcome}: {operation.Durable.Exception?.InnerException?.Message}");

    private SaveOperation Save(
        AsyncCheckpointIO io, ComparingCheckpointIO checker, FusedAdamW adam, FusedSgd sgd, int number, string path, SaveOptions? options)
    {
        var state = State(adam, number);
        state["buffer"] = TensorData.FromTensor(_buffer);
        state["second"] = TensorData.FromTensor(_second, TensorStability.UntilOptimizerStep);
        if (((SGD.State)sgd.state_dict().State[0]).momentum_buffer is { } momentum)
        {
            state["momentum"] = TensorData.FromTensor(momentum, TensorStability.UntilOptimizerStep);
        }

        checker.Expect(number, StateCopies.Copy(state));
        return io.Submit(state, path, options);
    }

    /// <summary>Parameters, one of them tied under two names, and the state of an optimizer.</summary>
    private TrainingState State(FusedAdamW adam, int number)
    {
        static TensorData Live(Tensor tensor) => TensorData.FromTensor(tensor, TensorStability.UntilOptimizerStep);
        var state = new TrainingState
        {
            ["number"] = number,
            ["large"] = Live(_large),
            ["tied"] = Live(_large),
            ["medium"] = Live(_medium),
            ["small"] = Live(_small),
        };
        foreach (var (index, entry) in adam.state_dict().State.Cast<AdamW.State>().Index())
        {
            state[$"mean{index}"] = Live(entry.exp_avg);
            state[$"square{index}"] = Live(entry.exp_avg_sq);
            if (entry.max_exp_avg_sq is not null)
            {
                state[$"max{index}"] = Live(entry.max_exp_avg_sq);
            }
        }

        return state;
    }

    /// <summary>An optimizer of three of the parameters, and a strategy that saves them in the background.</summary>
    private sealed class Training : IDisposable
    {
        private readonly StepCopyTests _tests;

        public Training(StepCopyTests tests, CheckpointIO inner, AsyncCheckpointOptions? options = null)
        {
            _tests = tests;
            Strategy = new SingleDeviceStrategy(new AsyncCheckpointIO(inner, options));
            Adam = new FusedAdamW([tests._large, tests._medium, tests._small], 1e-2);
            State = tests.State(Adam, 1);
            Expected = StateCopies.Copy(State);
        }

        public SingleDeviceStrategy Strategy { get; }

        public FusedAdamW Adam { get; }

        public TrainingState State { get; }

        /// <summary>A copy of the state that <see cref="Save"/> saves.</summary>
        public TrainingState Expected { get; }

        public SaveOperation Save(string path = "a") => Strategy.SaveCheckpoint(State, path, null);

        public StateSnapshot TakeSnapshot() => ((AsyncCheckpointIO)Strategy.CheckpointIO).TakeSnapshot(State);

        public void Step()
        {
            (_tests._large.grad, _tests._medium.grad, _tests._small.grad) = (ones(20_000), ones(3_000), ones(9));
            Strategy.OptimizerStep(Adam);
        }

        public void Dispose()
        {
            Expected.Dispose();
            State.Dispose();
            Adam.Dispose();
            Strategy.Dispose();
        }
    }

    /// <summary>A step that copies when it finishes.</summary>
    private sealed unsafe class RecordingStep : IStepCopies
    {
        private readonly List<Action> _steps = [];

        public List<long> Lengths { get; } = [];

        public bool TryAdd(nint source, nint target, long byteLength)
        {
            Lengths.Add(byteLength);
            _steps.Add(() => Buffer.MemoryCopy((void*)source, (void*)target, byteLength, byteLength));
            return true;
        }

        public void Then(Action completed) => _steps.Add(completed);

        public void Finish()
        {
            _steps.ForEach(step => step());
            _steps.Clear();
        }
    }

    /// <summary>Compares what it is to write with what is expected by number.</summary>
    private sealed class ComparingCheckpointIO : CheckpointIO
    {
        private readonly ConcurrentDictionary<long, TrainingState> _expected = new();

        public int Seen { get; private set; }

        public int Different { get; private set; }

        public void Expect(long number, TrainingState state)
        {
            _expected[number] = state;
            if (_expected.TryRemove(number - 1_000, out var old))
            {
                old.Dispose();
            }
        }

        public override Task SaveCheckpointAsync(
            TrainingState checkpoint, string path, SaveContext? context, CancellationToken cancellationToken)
        {
            Seen++;
            using var expected = _expected[((StateInteger)checkpoint["number"]).Value].Share();
            var pairs = expected.Tensors().Zip(checkpoint.Tensors());
            Different += pairs.All(
                pair => pair.First.Key == pair.Second.Key && Bytes(pair.First.Value).SequenceEqual(Bytes(pair.Second.Value)))
                ? 0
                : 1;
            return Task.CompletedTask;
        }

        public override Task<TrainingState> LoadCheckpointAsync(string path, LoadOptions? options, CancellationToken cancellationToken) =>
            throw new CheckpointNotFoundException(path);

        public override Task RemoveCheckpointAsync(string path, CancellationToken cancellationToken) => Task.CompletedTask;

        public override Task<bool> ExistsAsync(string path, CancellationToken cancellationToken) => Task.FromResult(false);

        private static ReadOnlySpan<byte> Bytes(TensorData data) =>
            data.Storage.GetBytes(data.StorageOffset * data.Type.ElementByteSize(), (int)data.ByteLength);
    }
}
