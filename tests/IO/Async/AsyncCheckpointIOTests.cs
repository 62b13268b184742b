using Fulgurite.IO;
using Fulgurite.IO.Async;
using Fulgurite.State;
using Fulgurite.Testing.IO;
using Fulgurite.Testing.State;

namespace Fulgurite.Tests.IO.Async;

[TestClass]
public sealed class AsyncCheckpointIOTests(TestContext context)
{
    private static readonly SaveOptions Last = new() { Slot = "last" };

    [TestMethod]
    public async Task Submit_MemoryChangesAfterTheFence_WritesWhatItWas()
    {
        using var memory = new LiveMemory(1 << 20);
        memory.As<float>().Fill(1);
        var base_ = new InMemoryCheckpointIO();
        var gate = new GatedCheckpointIO(base_);
        await using var io = new AsyncCheckpointIO(gate);

        var ticket = io.Submit(SampleStates.Live(memory, 1), "a", null);
        io.BeforeParametersChange();
        Assert.IsTrue(ticket.Captured.IsCompleted);
        memory.As<float>().Fill(2);
        gate.Open();
        await ticket.Durable;

        using var loaded = await io.LoadCheckpointAsync("a", null, context.CancellationToken);
        AssertWeights(loaded, 1);
    }

    [TestMethod]
    public async Task Submit_VolatileMemoryChangesAtOnce_WritesWhatItWas()
    {
        using var memory = new LiveMemory(3 << 20);
        memory.As<float>().Fill(1);
        var gate = new GatedCheckpointIO(new InMemoryCheckpointIO());
        await using var io = new AsyncCheckpointIO(gate);
        var state = new TrainingState { ["running_mean"] = memory.AsTensor(stability: TensorStability.Volatile) };

        var ticket = io.Submit(state, "a", null);
        memory.As<float>().Fill(2);
        gate.Open();
        await ticket.Durable;

        using var loaded = await io.LoadCheckpointAsync("a", null, context.CancellationToken);
        Assert.IsTrue(Floats(loaded["running_mean"].AsTensor()).All(value => value == 1));
    }

    [TestMethod]
    public async Task Submit_WhileAnotherIsWritten_ReturnsAndQueues()
    {
        using var memory = new LiveMemory(1000);
        var store = new InMemoryCheckpointIO();
        var gate = new GatedCheckpointIO(store);
        await using var io = new AsyncCheckpointIO(gate);

        var first = io.Submit(SampleStates.Live(memory, 1), "a", null);
        await gate.ArrivalAsync(context.CancellationToken);
        io.BeforeParametersChange();
        var second = io.Submit(SampleStates.Live(memory, 2), "b", null);

        Assert.AreEqual(CheckpointOutcome.Pending, first.Outcome);
        Assert.AreEqual(CheckpointOutcome.Pending, second.Outcome);
        Assert.IsEmpty(store.Paths);
        gate.Open();
        await io.FlushAsync(context.CancellationToken);
        Assert.AreEqual(CheckpointOutcome.Durable, first.Outcome);
        Assert.AreEqual(CheckpointOutcome.Durable, second.Outcome);
        Assert.AreSequenceEqual(["a", "b"], store.Paths);
    }

    [TestMethod]
    public async Task Submit_NewerForTheSameSlot_SupersedesOnlyTheWaitingOne()
    {
        using var memory = new LiveMemory(1000);
        var store = new InMemoryCheckpointIO();
        var gate = new GatedCheckpointIO(store);
        await using var io = new AsyncCheckpointIO(gate);

        var written = Save(io, memory, 1, "last", Last);
        await gate.ArrivalAsync(context.CancellationToken);
        var waiting = Save(io, memory, 2, "last", Last);
        var newest = Save(io, memory, 3, "last", Last);
        gate.Open();
        await io.FlushAsync(context.CancellationToken);

        Assert.AreEqual(CheckpointOutcome.Durable, written.Outcome);
        Assert.AreEqual(CheckpointOutcome.Superseded, waiting.Outcome);
        Assert.AreEqual(CheckpointOutcome.Durable, newest.Outcome);
        var exception = await Assert.ThrowsExactlyAsync<CheckpointException>(() => waiting.Durable);
        Assert.Contains("last", exception.Message, StringComparison.Ordinal);
        using var loaded = await io.LoadCheckpointAsync("last", null, context.CancellationToken);
        Assert.AreEqual(3, SampleStates.StepOf(loaded));
    }

    [TestMethod]
    public async Task Submit_SameStateUnderTwoNames_CapturesAndWritesOnce()
    {
        using var memory = new LiveMemory(1 << 20);
        var store = new InMemoryCheckpointIO();
        await using var io = new AsyncCheckpointIO(store);
        var state = SampleStates.Live(memory, 1);

        var best = io.Submit(state, "best", null);
        var last = io.Submit(state, "last", Last);
        await io.FlushAsync(context.CancellationToken);

        Assert.AreEqual(CheckpointOutcome.Durable, best.Outcome);
        Assert.AreEqual(CheckpointOutcome.Durable, last.Outcome);
        Assert.AreEqual(1, store.Writes);
        Assert.AreEqual(1, store.Links);
        Assert.AreEqual(1, io.Statistics.Captures);
    }

    [TestMethod]
    public async Task Submit_SameStateAfterItChanged_CapturesAgain()
    {
        using var memory = new LiveMemory(1 << 20);
        var store = new InMemoryCheckpointIO();
        await using var io = new AsyncCheckpointIO(store);
        var state = SampleStates.Live(memory, 1);

        io.Submit(state, "a", null);
        state["global_step"] = 2;
        io.Submit(state, "b", null);
        io.BeforeParametersChange();
        memory.As<float>().Fill(7);
        io.Submit(state, "c", null);
        await io.FlushAsync(context.CancellationToken);

        Assert.AreEqual(3, io.Statistics.Captures);
        using var b = await io.LoadCheckpointAsync("b", null, context.CancellationToken);
        Assert.AreEqual(2, SampleStates.StepOf(b));
        using var c = await io.LoadCheckpointAsync("c", null, context.CancellationToken);
        AssertWeights(c, 7);
    }

    [TestMethod]
    public async Task Submit_TiedTensorsAndViews_StayShared()
    {
        using var memory = new LiveMemory(64 << 10);
        var state = new TrainingState
        {
            ["a"] = memory.AsTensor(),
            ["b"] = memory.AsTensor(),
            ["part"] = memory.AsTensor(100, 50),
        };
        await using var io = new AsyncCheckpointIO(new InMemoryCheckpointIO());
        var ticket = io.Submit(state, "a", null);
        await ticket.Durable;

        Assert.AreEqual(64 << 10, ticket.ByteCount);
        using var loaded = await io.LoadCheckpointAsync("a", null, context.CancellationToken);
        StateAssert.AreSame(state, loaded);
        Assert.AreSequenceEqual([0, 0, 0], StateAssert.SharingOf(loaded));
    }

    [TestMethod]
    public async Task Submit_SmallViewOfALargeMemory_CopiesItsExtent()
    {
        using var memory = new LiveMemory(1 << 20);
        await using var io = new AsyncCheckpointIO(new InMemoryCheckpointIO());
        var ticket = io.Submit(new TrainingState { ["part"] = memory.AsTensor(1000, 10) }, "a", null);
        await ticket.Durable;
        Assert.AreEqual(40, ticket.ByteCount);
    }

    [TestMethod]
    public async Task Cancel_WhileWaiting_IsNotWritten()
    {
        using var memory = new LiveMemory(1000);
        var store = new InMemoryCheckpointIO();
        var gate = new GatedCheckpointIO(store);
        await using var io = new AsyncCheckpointIO(gate);
        Save(io, memory, 1, "a");
        await gate.ArrivalAsync(context.CancellationToken);
        var ticket = Save(io, memory, 2, "b");

        Assert.IsTrue(ticket.Cancel());
        Assert.AreEqual(CheckpointOutcome.Cancelled, ticket.Outcome);
        Assert.IsFalse(ticket.Cancel());
        gate.Open();
        await io.FlushAsync(context.CancellationToken);
        Assert.AreSequenceEqual(["a"], store.Paths);
    }

    [TestMethod]
    public async Task Cancel_WhileWritten_EndsCancelled()
    {
        using var memory = new LiveMemory(1000);
        var store = new InMemoryCheckpointIO();
        var gate = new GatedCheckpointIO(store);
        await using var io = new AsyncCheckpointIO(gate);
        var ticket = Save(io, memory, 1, "a");
        await gate.ArrivalAsync(context.CancellationToken);

        ticket.Cancel();

        Assert.AreEqual(CheckpointOutcome.Cancelled, await ticket.Completion);
        gate.Open();
        await Save(io, memory, 2, "b").Durable;
        Assert.AreSequenceEqual(["b"], store.Paths);
    }

    [TestMethod]
    public async Task Submit_MilestoneWithoutRoom_WaitsForItAndIsWritten()
    {
        using var memory = new LiveMemory(1 << 20);
        var gate = new GatedCheckpointIO(new InMemoryCheckpointIO());
        await using var io = new AsyncCheckpointIO(gate, new AsyncCheckpointOptions { MemoryBudget = 1 << 20 });
        var first = Save(io, memory, 1, "a");
        await gate.ArrivalAsync(context.CancellationToken);

        var submitting = Task.Run(() => Save(io, memory, 2, "b"), context.CancellationToken);
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
    public async Task Submit_ChangeOutsideOfTheFence_FailsAndNamesTheTensor()
    {
        using var memory = new LiveMemory(8 << 20);
        var gate = new GatedCheckpointIO(new InMemoryCheckpointIO());
        await using var io = await BusyAsync(gate, new AsyncCheckpointOptions { CopyThreads = 1 });
        var ticket = Save(io, memory, 1, "a", fence: false);
        memory.As<float>().Fill(1);
        io.BeforeParametersChange();
        gate.Open();

        Assert.AreEqual(CheckpointOutcome.Failed, await ticket.Completion);
        Assert.Contains("state_dict.weight", ticket.Failure!.Message, StringComparison.Ordinal);
        Assert.Contains("BeforeParametersChange", ticket.Failure.Message, StringComparison.Ordinal);
        Assert.IsTrue(ticket.Failure.IsTransient);

        // From then on nothing is left for later.
        var next = Save(io, memory, 2, "b", fence: false);
        memory.As<float>().Fill(5);
        await next.Durable;
        using var loaded = await io.LoadCheckpointAsync("b", null, context.CancellationToken);
        AssertWeights(loaded, 1);
    }

    [TestMethod]
    public async Task Submit_OneElementChangesOutsideOfTheFenceWhileValidating_Fails()
    {
        using var memory = new LiveMemory(8 << 20);
        var gate = new GatedCheckpointIO(new InMemoryCheckpointIO());
        await using var io = await BusyAsync(gate, new AsyncCheckpointOptions { CopyThreads = 1, ValidateCaptures = true });
        var ticket = Save(io, memory, 1, "a", fence: false);
        memory.As<float>()[1_000_003] = 1;
        io.BeforeParametersChange();
        gate.Open();
        Assert.AreEqual(CheckpointOutcome.Failed, await ticket.Completion);
    }

    [TestMethod]
    public async Task Submit_TensorsAreDisposedBeforeTheFence_TheirMemoryIsHeld()
    {
        var memory = new LiveMemory(8 << 20);
        memory.As<float>().Fill(3);
        var gate = new GatedCheckpointIO(new InMemoryCheckpointIO());
        await using var io = await BusyAsync(gate, new AsyncCheckpointOptions { CopyThreads = 1 });
        var ticket = Save(io, memory, 1, "a", fence: false);
        memory.Dispose();
        Assert.AreEqual(1, memory.Holds);
        io.BeforeParametersChange();
        gate.Open();
        await ticket.Durable;
        using var loaded = await io.LoadCheckpointAsync("a", null, context.CancellationToken);
        AssertWeights(loaded, 3);
    }

    [TestMethod]
    public async Task Submit_AfterFlush_Works()
    {
        using var memory = new LiveMemory(1000);
        var store = new InMemoryCheckpointIO();
        await using var io = new AsyncCheckpointIO(store);
        Save(io, memory, 1, "a");
        await io.FlushAsync(context.CancellationToken);
        Save(io, memory, 2, "b");
        await io.FlushAsync(context.CancellationToken);
        Assert.AreSequenceEqual(["a", "b"], store.Paths);
    }

    [TestMethod]
    public async Task DisposeAsync_WithSavesWaiting_WritesThemAndIsFinal()
    {
        using var memory = new LiveMemory(1000);
        var store = new InMemoryCheckpointIO();
        var io = new AsyncCheckpointIO(store);
        var tickets = Enumerable.Range(0, 20).Select(step => Save(io, memory, step, $"{step}")).ToList();
        await io.DisposeAsync();
        await io.DisposeAsync();
        Assert.IsTrue(tickets.All(ticket => ticket.Outcome == CheckpointOutcome.Durable));
        Assert.HasCount(20, store.Paths);
        Assert.ThrowsExactly<ObjectDisposedException>(() => io.Submit(SampleStates.Live(memory, 1), "z", null));
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
            Save(io, memory, step, "last", Last);
        }

        await io.FlushAsync(context.CancellationToken);
        Assert.IsLessThanOrEqualTo((2L * (4 << 20)) + (32 << 20), io.Statistics.MemoryBytes);
        Assert.AreEqual(500, io.Statistics.Durable + io.Statistics.Superseded);
    }

    [TestMethod]
    public async Task SaveCheckpointAsync_CancelledWhileWaiting_Throws()
    {
        var gate = new GatedCheckpointIO(new InMemoryCheckpointIO());
        await using var io = new AsyncCheckpointIO(gate);
        io.Submit(SampleStates.Small(1), "a", null);
        await gate.ArrivalAsync(context.CancellationToken);
        using var cancellation = new CancellationTokenSource();
        var saving = io.SaveCheckpointAsync(SampleStates.Small(2), "b", null, cancellation.Token);
        await cancellation.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => saving);
        gate.Open();
    }

    /// <summary>With one copying thread and the writer held up, nothing is copied before the fence: what a test does then is surely in time.</summary>
    private async Task<AsyncCheckpointIO> BusyAsync(GatedCheckpointIO gate, AsyncCheckpointOptions options)
    {
        var io = new AsyncCheckpointIO(gate, options);
        io.Submit(SampleStates.Small(0), "busy", null);
        await gate.ArrivalAsync(context.CancellationToken);
        return io;
    }

    [TestMethod]
    public async Task Submit_FrozenTensors_AreCapturedOnceUntilTheyChange()
    {
        using var frozen = new LiveMemory(16 << 20);
        using var trained = new LiveMemory(1 << 20);
        frozen.As<float>().Fill(1);
        await using var io = new AsyncCheckpointIO(new InMemoryCheckpointIO());
        for (var step = 0; step < 5; step++)
        {
            trained.As<float>().Fill(step);
            var state = new TrainingState
            {
                ["frozen"] = frozen.AsTensor(stability: TensorStability.Frozen),
                ["trained"] = trained.AsTensor(),
            };
            io.Submit(state, $"{step}", null);
            io.BeforeParametersChange();
            if (step == 2)
            {
                frozen.As<float>()[1_234_567] = 7;
            }
        }

        await io.FlushAsync(context.CancellationToken);
        for (var step = 0; step < 5; step++)
        {
            using var loaded = await io.LoadCheckpointAsync($"{step}", null, context.CancellationToken);
            Assert.IsTrue(Floats(loaded["trained"].AsTensor()).All(value => value == step));
            var values = Floats(loaded["frozen"].AsTensor());
            Assert.AreEqual(step <= 2 ? 1f : 7f, values[1_234_567]);
            values[1_234_567] = 1;
            Assert.IsTrue(values.All(value => value == 1));
        }

        Assert.AreEqual(2, io.Statistics.FrozenCopies, "Once at first, once because it changed.");
        Assert.IsLessThanOrEqualTo((2L * (16 << 20)) + (3 * (2 << 20)), io.Statistics.MemoryBytes);
    }

    [TestMethod]
    public async Task Submit_FrozenTensorChangesOutsideOfTheFence_Fails()
    {
        using var frozen = new LiveMemory(8 << 20);
        var gate = new GatedCheckpointIO(new InMemoryCheckpointIO());
        await using var io = await BusyAsync(gate, new AsyncCheckpointOptions { CopyThreads = 1 });
        var ticket = io.Submit(new TrainingState { ["frozen"] = frozen.AsTensor(stability: TensorStability.Frozen) }, "a", null);
        frozen.As<float>().Fill(3);
        io.BeforeParametersChange();
        gate.Open();
        Assert.AreEqual(CheckpointOutcome.Failed, await ticket.Completion);
        Assert.Contains("frozen", ticket.Failure!.Message, StringComparison.Ordinal);
    }

    [TestMethod]
    public async Task Ticket_KeptAfterItsEnd_DoesNotKeepTheSnapshot()
    {
        using var memory = new LiveMemory(1 << 20);
        await using var io = new AsyncCheckpointIO(new ForgettingCheckpointIO());
        var (ticket, state) = SaveAndForget(io, memory);
        await io.FlushAsync(context.CancellationToken);
        io.Submit(SampleStates.Small(2), "b", null);
        await io.FlushAsync(context.CancellationToken);

        for (var attempt = 0; attempt < 20 && state.IsAlive; attempt++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.IsFalse(state.IsAlive, "The ticket keeps the captured tree.");
        Assert.AreEqual(CheckpointOutcome.Durable, ticket.Outcome);
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
        await Save(io, memory, 1, "a").Durable;
        Assert.AreEqual(prepared, io.Statistics.MemoryBytes);
        using var loaded = await io.LoadCheckpointAsync("a", null, context.CancellationToken);
        AssertWeights(loaded, 0);
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static (CheckpointTicket Ticket, WeakReference State) SaveAndForget(AsyncCheckpointIO io, LiveMemory memory)
    {
        var forgetting = (ForgettingCheckpointIO)io.Inner;
        var ticket = Save(io, memory, 1, "a");
        ticket.Completion.GetAwaiter().GetResult();
        return (ticket, forgetting.Last!);
    }

    private static CheckpointTicket Save(AsyncCheckpointIO io, LiveMemory memory, int step, string path, SaveOptions? options = null, bool fence = true)
    {
        var ticket = io.Submit(SampleStates.Live(memory, step), path, options);
        if (fence)
        {
            io.BeforeParametersChange();
        }

        return ticket;
    }

    private static void AssertWeights(TrainingState state, float expected) =>
        Assert.IsTrue(Floats(state.Find("state_dict.weight")!.AsTensor()).All(value => value == expected));

    private static float[] Floats(TensorData tensor)
    {
        var values = new float[tensor.ElementCount];
        tensor.CopyTo(System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }

    /// <summary>Writes nothing, and remembers weakly what it was given.</summary>
    private sealed class ForgettingCheckpointIO : CheckpointIO
    {
        public WeakReference? Last { get; private set; }

        public override Task SaveCheckpointAsync(TrainingState checkpoint, string path, StorageOptions? options, CancellationToken cancellationToken)
        {
            Last ??= new WeakReference(checkpoint.Root);
            return Task.CompletedTask;
        }

        public override Task<TrainingState> LoadCheckpointAsync(string path, LoadOptions? options, CancellationToken cancellationToken) =>
            throw new CheckpointNotFoundException(path);

        public override Task RemoveCheckpointAsync(string path, CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
