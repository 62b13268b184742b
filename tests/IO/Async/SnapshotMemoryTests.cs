namespace Fulgurite.Tests.IO.Async;

/// <summary>What memory snapshots take, and when it comes back.</summary>
[TestClass]
public sealed class SnapshotMemoryTests(TestContext context)
{
    private static readonly SaveOptions Last = new() { Slot = "last" };

    [TestMethod]
    public async Task Submit_MilestoneWithoutRoom_WaitsForItAndIsWritten()
    {
        using var memory = new LiveMemory(1 << 20);
        var gate = new GatedCheckpointIO(new InMemoryCheckpointIO());
        await using var io = new AsyncCheckpointIO(gate, new AsyncCheckpointOptions { MemoryBudget = 1 << 20 });
        var first = AsyncSaves.Save(io, memory, 1, "a");
        await gate.ArrivalAsync(context.CancellationToken);

        var submitting = Task.Run(() => AsyncSaves.Save(io, memory, 2, "b"), context.CancellationToken);
        while (io.Statistics.Waits == 0)
        {
            await Task.Yield();
        }

        Assert.IsFalse(submitting.IsCompleted);
        gate.LetOneThrough();
        var second = await submitting;
        Assert.AreEqual(CheckpointOutcome.Durable, await first.Completion);
        gate.Open();
        await second.Durable;
    }

    [TestMethod]
    public async Task Submit_ManySaves_KeepsMemoryWithinTheBudget()
    {
        using var memory = new LiveMemory(4 << 20);
        var gate = new GatedCheckpointIO(new InMemoryCheckpointIO());
        gate.Open();
        await using var io = new AsyncCheckpointIO(gate);
        for (var step = 0; step < 500; step++)
        {
            AsyncSaves.Save(io, memory, step, "last", Last);
        }

        await io.FlushAsync(context.CancellationToken);
        Assert.IsLessThanOrEqualTo((2L * (4 << 20)) + (32 << 20), io.Statistics.MemoryBytes);
        Assert.AreEqual(500, io.Statistics.Durable + io.Statistics.Superseded);
    }

    [TestMethod]
    [DataRow("last", 2)]
    [DataRow(null, 3)]
    public async Task Submit_BestAndLastOfEachStateWhileOneIsWritten_ThoseThatWaitGiveWayBeforeTheCapture(string? followedBy, int snapshots)
    {
        using var memory = new LiveMemory(40 << 20);
        var gate = new GatedCheckpointIO(new InMemoryCheckpointIO());
        await using var io = await AsyncSaves.BusyAsync(gate, new AsyncCheckpointOptions(), context.CancellationToken);
        for (var step = 0; step < 4; step++)
        {
            memory.As<float>().Fill(step);
            var state = SampleStates.Live(memory, step);
            io.Submit(state, "best", new SaveOptions { Slot = "best", FollowedBy = followedBy });
            io.Submit(state, "last", Last);
            io.BeforeParametersChange();
            if (step == 0)
            {
                // The small one ends, and the first of these is being written from now on.
                gate.LetOneThrough();
                await gate.ArrivalAsync(context.CancellationToken);
            }
        }

        Assert.AreEqual(snapshots, io.Statistics.MemoryBytes / memory.ByteLength);
        Assert.AreEqual(0, io.Statistics.Waits);
        gate.Open();
        await io.FlushAsync(context.CancellationToken);
        await AsyncSaves.AssertSavedAsync(io, "best", 3, context.CancellationToken);
        await AsyncSaves.AssertSavedAsync(io, "last", 3, context.CancellationToken);
    }

    [TestMethod]
    public async Task Ticket_KeptAfterItsEnd_DoesNotKeepTheSnapshot()
    {
        using var memory = new LiveMemory(1 << 20);
        await using var io = new AsyncCheckpointIO(new ForgettingCheckpointIO());
        var (operation, state) = SaveAndForget(io, memory);
        await io.FlushAsync(context.CancellationToken);
        io.Submit(SampleStates.Small(2), "b", null);
        await io.FlushAsync(context.CancellationToken);

        for (var attempt = 0; attempt < 20 && state.IsAlive; attempt++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.IsFalse(state.IsAlive, "The operation keeps the captured tree.");
        Assert.AreEqual(CheckpointOutcome.Durable, operation.Outcome);
    }

    [TestMethod]
    public async Task Prepare_ThenSave_TakesNoMoreMemory()
    {
        using var memory = new LiveMemory(6 << 20);
        await using var io = new AsyncCheckpointIO(new InMemoryCheckpointIO());
        io.Prepare(SampleStates.Live(memory, 0));
        while (io.Statistics.MemoryBytes == 0)
        {
            context.CancellationToken.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        var prepared = io.Statistics.MemoryBytes;
        await AsyncSaves.Save(io, memory, 1, "a").Durable;
        Assert.AreEqual(prepared, io.Statistics.MemoryBytes);
        await AsyncSaves.AssertSavedAsync(io, "a", 0, context.CancellationToken);
    }

    [TestMethod]
    public async Task Prepare_AllProcessorsCompute_IsReadyWhenItReturns()
    {
        var threads = TorchSharp.torch.get_num_threads();
        TorchSharp.torch.set_num_threads(Environment.ProcessorCount);
        try
        {
            using var memory = new LiveMemory(6 << 20);
            await using var io = new AsyncCheckpointIO(new InMemoryCheckpointIO());

            io.Prepare(SampleStates.Live(memory, 0));

            Assert.IsGreaterThanOrEqualTo(memory.ByteLength, io.Statistics.MemoryBytes);
        }
        finally
        {
            TorchSharp.torch.set_num_threads(threads);
        }
    }

    [TestMethod]
    public async Task PrepareSnapshots_ThenHoldTwo_TakesNoMoreMemory()
    {
        using var memory = new LiveMemory(6 << 20);
        await using var io = new AsyncCheckpointIO(new InMemoryCheckpointIO());
        io.PrepareSnapshots(SampleStates.Live(memory, 0), 2);
        while (io.Statistics.MemoryBytes < 2 * memory.ByteLength)
        {
            context.CancellationToken.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        var prepared = io.Statistics.MemoryBytes;
        using var first = io.TakeSnapshot(SampleStates.Live(memory, 0));
        using var second = io.TakeSnapshot(SampleStates.Live(memory, 0));
        AsyncSaves.AssertWeights(first.State, 0);
        AsyncSaves.AssertWeights(second.State, 0);
        Assert.AreEqual(prepared, io.Statistics.MemoryBytes);
    }

    [TestMethod]
    [Timeout(60_000, CooperativeCancellation = true)]
    public async Task Submit_BudgetSmallerThanTheStateWithFrozenTensors_IsLetThroughAlone()
    {
        using var frozen = new LiveMemory(8 << 20);
        using var memory = new LiveMemory(4 << 20);
        var store = new InMemoryCheckpointIO();
        await using var io = new AsyncCheckpointIO(store, new AsyncCheckpointOptions { MemoryBudget = 6 << 20 });
        for (var step = 0; step < 3; step++)
        {
            var state = SampleStates.Live(memory, step);
            state["frozen"] = frozen.AsTensor(stability: TensorStability.Frozen);
            var saving = Task.Run(() => io.Submit(state, $"{step}", null), context.CancellationToken);
            var operation = await saving.WaitAsync(context.CancellationToken);
            io.BeforeParametersChange();
            await operation.Durable;
        }

        Assert.AreSequenceEqual(["0", "1", "2"], store.Paths);
        Assert.AreEqual(1, io.Statistics.FrozenCopies);
    }

    [TestMethod]
    [Timeout(60_000, CooperativeCancellation = true)]
    public async Task Submit_StatesOfTwoSizesWithSlotsInTurn_NoneWaitsForStorage()
    {
        using var weights = new LiveMemory(4 << 20);
        using var optimizer = new LiveMemory(80 << 20);
        using var frozen = new LiveMemory(4 << 20);
        var gate = new GatedCheckpointIO(new InMemoryCheckpointIO());
        await using var io = new AsyncCheckpointIO(gate);
        for (var step = 0; step < 4; step++)
        {
            // As two checkpoint callbacks do it, one of which saves weights only.
            var small = SampleStates.Live(weights, step);
            small["frozen"] = frozen.AsTensor(stability: TensorStability.Frozen);
            var large = SampleStates.Live(weights, step);
            large["frozen"] = frozen.AsTensor(stability: TensorStability.Frozen);
            large["optimizer"] = optimizer.AsTensor();
            await Task.Run(() => io.Submit(large, "last", Last), context.CancellationToken).WaitAsync(context.CancellationToken);
            io.BeforeParametersChange();
            await Task.Run(() => io.Submit(small, "best", new SaveOptions { Slot = "best" }), context.CancellationToken)
                .WaitAsync(context.CancellationToken);
            io.BeforeParametersChange();
        }

        Assert.AreEqual(0, io.Statistics.Waits);
        Assert.AreEqual(1, io.Statistics.FrozenCopies, "What is frozen is captured once, in whatever states it stands.");
        gate.Open();
    }

    [TestMethod]
    [Timeout(60_000, CooperativeCancellation = true)]
    public async Task Prepare_MoreThanThereIsMemoryFor_IsLoggedAndSavesFailByThemselves()
    {
        var logger = new CollectingLogger<AsyncCheckpointIO>();
        await using var io = new AsyncCheckpointIO(new InMemoryCheckpointIO(), logger: logger);
        var state = new TrainingState
        {
            ["weight"] = new TensorData(new EndlessStorage(), TorchSharp.torch.ScalarType.Byte, [EndlessStorage.Length], [1])
            {
                Stability = TensorStability.UntilParametersChange,
            },
        };
        io.Prepare(state);
        io.PrepareSnapshots(state, 2);
        while (logger.Messages.Count < 2)
        {
            context.CancellationToken.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        var operation = io.Submit(state, "a", null);
        Assert.AreEqual(CheckpointOutcome.Failed, await operation.Completion);
        Assert.Contains("no memory for a snapshot", operation.Failure!.Message, StringComparison.Ordinal);
        await io.Submit(SampleStates.Small(1), "b", null).Durable;
    }

    /// <summary>More memory than there is, which nobody gets to read.</summary>
    private sealed class EndlessStorage : TensorStorage
    {
        public const long Length = 1L << 42;

        public override long ByteLength => Length;

        public override nint Address => 4096;

        public override bool IsCaptured => false;
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static (SaveOperation Operation, WeakReference State) SaveAndForget(AsyncCheckpointIO io, LiveMemory memory)
    {
        var forgetting = (ForgettingCheckpointIO)io.Inner;
        var operation = AsyncSaves.Save(io, memory, 1, "a");
        operation.Completion.GetAwaiter().GetResult();
        return (operation, forgetting.Last!);
    }

    /// <summary>Writes nothing, and remembers weakly what it was given.</summary>
    private sealed class ForgettingCheckpointIO : CheckpointIO
    {
        public WeakReference? Last { get; private set; }

        public override Task SaveCheckpointAsync(
            TrainingState checkpoint, string path, SaveContext? context, CancellationToken cancellationToken)
        {
            Last ??= new WeakReference(checkpoint.Root);
            return Task.CompletedTask;
        }

        public override Task<TrainingState> LoadCheckpointAsync(string path, LoadOptions? options, CancellationToken cancellationToken) =>
            throw new CheckpointNotFoundException(path);

        public override Task RemoveCheckpointAsync(string path, CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
