namespace Fulgurite.Tests.IO.Async;

/// <summary>The order of saves, slots, cancellation and the end.</summary>
[TestClass]
public sealed class QueueTests(TestContext context)
{
    private static readonly SaveOptions Last = new() { Slot = "last" };

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

        var written = AsyncSaves.Save(io, memory, 1, "last", Last);
        await gate.ArrivalAsync(context.CancellationToken);
        var waiting = AsyncSaves.Save(io, memory, 2, "last", Last);
        var newest = AsyncSaves.Save(io, memory, 3, "last", Last);
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
    public async Task Submit_NewerForTheSameSlotThatCannotBeCaptured_LeavesTheWaitingOne()
    {
        using var memory = new LiveMemory(1000);
        var store = new InMemoryCheckpointIO();
        var gate = new GatedCheckpointIO(store);
        await using var io = await AsyncSaves.BusyAsync(gate, new AsyncCheckpointOptions(), context.CancellationToken);

        var waiting = AsyncSaves.Save(io, memory, 2, "last", Last);
        var lost = io.Submit(new TrainingState { ["global_step"] = 3, ["weight"] = Unreadable() }, "last", Last);
        gate.Open();
        await io.FlushAsync(context.CancellationToken);

        Assert.AreEqual(CheckpointOutcome.Failed, lost.Outcome);
        Assert.AreEqual(CheckpointOutcome.Durable, waiting.Outcome, "Nothing newer took its place.");
        using var loaded = await io.LoadCheckpointAsync("last", null, context.CancellationToken);
        Assert.AreEqual(2, SampleStates.StepOf(loaded));
    }

    [TestMethod]
    public async Task Submit_NewerForTheSameSlotThatStorageHasNoRoomFor_LeavesTheWaitingOne()
    {
        using var memory = new LiveMemory(1000);
        using var larger = new LiveMemory(100_000);
        var gate = new GatedCheckpointIO(new FullCheckpointIO(availableBytes: 10_000));
        await using var io = await AsyncSaves.BusyAsync(gate, new AsyncCheckpointOptions(), context.CancellationToken);

        var waiting = AsyncSaves.Save(io, memory, 2, "last", Last);
        var refused = AsyncSaves.Save(io, larger, 3, "last", Last);
        gate.Open();
        await io.FlushAsync(context.CancellationToken);

        Assert.AreEqual(CheckpointOutcome.Failed, refused.Outcome);
        Assert.AreEqual(CheckpointOutcome.Durable, waiting.Outcome);
    }

    [TestMethod]
    public async Task Submit_NewerForTheSameSlotWithoutMemoryForBoth_SupersedesBeforeItIsCaptured()
    {
        using var memory = new LiveMemory(8 << 20);
        var gate = new GatedCheckpointIO(new InMemoryCheckpointIO());
        await using var io = new AsyncCheckpointIO(gate, new AsyncCheckpointOptions { MemoryBudget = 17 << 20 });
        AsyncSaves.Save(io, memory, 1, "last", Last);
        await gate.ArrivalAsync(context.CancellationToken);

        var waiting = AsyncSaves.Save(io, memory, 2, "last", Last);
        var newest = AsyncSaves.Save(io, memory, 3, "last", Last);
        Assert.AreEqual(CheckpointOutcome.Superseded, waiting.Outcome);
        Assert.AreEqual(0, io.Statistics.Waits);
        gate.Open();
        Assert.AreEqual(CheckpointOutcome.Durable, await newest.Completion);
    }

    [TestMethod]
    public async Task Cancel_WhileWaiting_IsNotWritten()
    {
        using var memory = new LiveMemory(1000);
        var store = new InMemoryCheckpointIO();
        var gate = new GatedCheckpointIO(store);
        await using var io = new AsyncCheckpointIO(gate);
        AsyncSaves.Save(io, memory, 1, "a");
        await gate.ArrivalAsync(context.CancellationToken);
        var operation = AsyncSaves.Save(io, memory, 2, "b");

        Assert.IsTrue(operation.Cancel());
        Assert.AreEqual(CheckpointOutcome.Cancelled, operation.Outcome);
        Assert.IsFalse(operation.Cancel());
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
        var operation = AsyncSaves.Save(io, memory, 1, "a");
        await gate.ArrivalAsync(context.CancellationToken);

        operation.Cancel();

        Assert.AreEqual(CheckpointOutcome.Cancelled, await operation.Completion);
        gate.Open();
        await AsyncSaves.Save(io, memory, 2, "b").Durable;
        Assert.AreSequenceEqual(["b"], store.Paths);
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

    [TestMethod]
    public async Task Submit_AfterFlush_Works()
    {
        using var memory = new LiveMemory(1000);
        var store = new InMemoryCheckpointIO();
        await using var io = new AsyncCheckpointIO(store);
        AsyncSaves.Save(io, memory, 1, "a");
        await io.FlushAsync(context.CancellationToken);
        AsyncSaves.Save(io, memory, 2, "b");
        await io.FlushAsync(context.CancellationToken);
        Assert.AreSequenceEqual(["a", "b"], store.Paths);
    }

    [TestMethod]
    public async Task DisposeAsync_WithSavesWaiting_WritesThemAndIsFinal()
    {
        using var memory = new LiveMemory(1000);
        var store = new InMemoryCheckpointIO();
        var io = new AsyncCheckpointIO(store);
        var operations = Enumerable.Range(0, 20).Select(step => AsyncSaves.Save(io, memory, step, $"{step}")).ToList();
        await io.DisposeAsync();
        await io.DisposeAsync();
        Assert.IsTrue(operations.All(operation => operation.Outcome == CheckpointOutcome.Durable));
        Assert.HasCount(20, store.Paths);
        Assert.ThrowsExactly<ObjectDisposedException>(() => io.Submit(SampleStates.Live(memory, 1), "z", null));
    }

    private static TensorData Unreadable() => new(new UnreadableStorage(), TorchSharp.torch.ScalarType.Float32, [4], [1]);

    /// <summary>Memory of a device that has gone.</summary>
    private sealed class UnreadableStorage : TensorStorage
    {
        public override long ByteLength => 16;

        public override nint Address => throw new InvalidOperationException("The device does not answer.");

        public override bool IsCaptured => false;
    }

    /// <summary>A store that says how little room it has.</summary>
    private sealed class FullCheckpointIO(long availableBytes) : WrappingCheckpointIO(new InMemoryCheckpointIO()), ICheckpointFiles
    {
        public long? GetAvailableBytes(string path) => availableBytes;
    }
}
