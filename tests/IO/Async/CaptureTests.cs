namespace Fulgurite.Tests.IO.Async;

/// <summary>What a capture holds, and what it shares with others.</summary>
[TestClass]
public sealed class CaptureTests(TestContext context)
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

        var operation = io.Submit(SampleStates.Live(memory, 1), "a", null);
        io.BeforeParametersChange();
        Assert.IsTrue(operation.Captured.IsCompleted);
        memory.As<float>().Fill(2);
        gate.Open();
        await operation.Durable;

        await AsyncSaves.AssertSavedAsync(io, "a", 1, context.CancellationToken);
    }

    [TestMethod]
    public async Task Submit_VolatileMemoryChangesAtOnce_WritesWhatItWas()
    {
        using var memory = new LiveMemory(3 << 20);
        memory.As<float>().Fill(1);
        var gate = new GatedCheckpointIO(new InMemoryCheckpointIO());
        await using var io = new AsyncCheckpointIO(gate);
        var state = new TrainingState { ["running_mean"] = memory.AsTensor(stability: TensorStability.Volatile) };

        var operation = io.Submit(state, "a", null);
        memory.As<float>().Fill(2);
        gate.Open();
        await operation.Durable;

        using var loaded = await io.LoadCheckpointAsync("a", null, context.CancellationToken);
        Assert.IsTrue(AsyncSaves.Floats(loaded["running_mean"].AsTensor()).All(value => value == 1));
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
        await AsyncSaves.AssertSavedAsync(io, "c", 7, context.CancellationToken);
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
        var operation = io.Submit(state, "a", null);
        await operation.Durable;

        Assert.AreEqual(64 << 10, operation.ByteCount);
        using var loaded = await io.LoadCheckpointAsync("a", null, context.CancellationToken);
        StateAssert.AreSame(state, loaded);
        Assert.AreSequenceEqual([0, 0, 0], StateAssert.SharingOf(loaded));
    }

    [TestMethod]
    public async Task Submit_SmallViewOfALargeMemory_CopiesItsExtent()
    {
        using var memory = new LiveMemory(1 << 20);
        await using var io = new AsyncCheckpointIO(new InMemoryCheckpointIO());
        var operation = io.Submit(new TrainingState { ["part"] = memory.AsTensor(1000, 10) }, "a", null);
        await operation.Durable;
        Assert.AreEqual(40, operation.ByteCount);
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
            Assert.IsTrue(AsyncSaves.Floats(loaded["trained"].AsTensor()).All(value => value == step));
            var values = AsyncSaves.Floats(loaded["frozen"].AsTensor());
            Assert.AreEqual(step <= 2 ? 1f : 7f, values[1_234_567]);
            values[1_234_567] = 1;
            Assert.IsTrue(values.All(value => value == 1));
        }

        Assert.AreEqual(2, io.Statistics.FrozenCopies, "Once at first, once because it changed.");
        Assert.IsLessThanOrEqualTo((2L * (16 << 20)) + (3 * (2 << 20)), io.Statistics.MemoryBytes);
    }

    [TestMethod]
    public async Task Submit_CapturedStateUnderTwoNames_IsWrittenOnce()
    {
        var store = new InMemoryCheckpointIO();
        await using var io = new AsyncCheckpointIO(store);
        using var state = SampleStates.Small(1);
        using var again = state.Share();
        var first = io.Submit(state, "a", null);
        var second = io.Submit(again, "b", Last);
        Assert.AreEqual(CheckpointOutcome.Durable, await first.Completion);
        Assert.AreEqual(CheckpointOutcome.Durable, await second.Completion);
        Assert.AreEqual(1, store.Writes);
        Assert.AreEqual(1, store.Links);
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task Submit_StateThatContainsItself_FailsItsTicket(bool isAsync)
    {
        var list = new StateList();
        list.Add(list);
        using var directory = new TemporaryDirectory();
        await using CheckpointIO io = isAsync ? new AsyncCheckpointIO(new InMemoryCheckpointIO()) : new Fulgurite.SafetensorsCheckpointIO();
        var operation = io.Submit(new TrainingState { ["list"] = list }, directory["a"], null);
        Assert.AreEqual(CheckpointOutcome.Failed, await operation.Completion);
        Assert.Contains("contain itself", operation.Failure!.Message, StringComparison.Ordinal);
        Assert.ThrowsExactly<NotSupportedException>(() => TrainingState.Captured(new StateMap { ["list"] = list }));
    }

    [TestMethod]
    public async Task Submit_StateThatWasDisposed_FailsItsTicketAndIsNotPendingForEver()
    {
        await using var io = new AsyncCheckpointIO(new InMemoryCheckpointIO());
        var state = SampleStates.Small(1);
        state.Dispose();
        var memory = new LiveMemory(1000);
        var live = SampleStates.Live(memory, 1);
        memory.Dispose();

        var first = io.Submit(state, "a", null);
        var second = io.Submit(live, "b", null);

        Assert.AreEqual(CheckpointOutcome.Failed, await first.Completion);
        Assert.AreEqual(CheckpointOutcome.Failed, await second.Completion);
        Assert.AreEqual(io.Statistics.Saves, io.Statistics.Failed);
        await io.Submit(SampleStates.Small(2), "c", null).Durable;
    }

    [TestMethod]
    public async Task Submit_SecondNameAfterAnotherProgramWroteOverTheFirst_IsWrittenAnew()
    {
        using var directory = new TemporaryDirectory();
        using var memory = new LiveMemory(1 << 16);
        await using var io = new AsyncCheckpointIO(new Fulgurite.TorchCheckpointIO());
        await using var other = new Fulgurite.TorchCheckpointIO();
        var state = SampleStates.Live(memory, 1);
        await io.Submit(state, directory["best"], null).Durable;
        await other.SaveCheckpointAsync(SampleStates.Live(memory, 99), directory["best"], null, context.CancellationToken);

        await io.Submit(state, directory["last"], null).Durable;

        using var loaded = await io.LoadCheckpointAsync(directory["last"], null, context.CancellationToken);
        Assert.AreEqual(1, SampleStates.StepOf(loaded), "It is said to be durable, and is another state.");
        Assert.AreEqual(0, io.Statistics.Linked);
    }

    [TestMethod]
    public async Task Submit_SecondNameAfterTheFirstWasRemovedAndWrittenByAnotherProgram_IsWrittenAnew()
    {
        using var memory = new LiveMemory(1 << 16);
        var store = new InMemoryCheckpointIO();
        await using var io = new AsyncCheckpointIO(store);
        var state = SampleStates.Live(memory, 1);
        await io.Submit(state, "best", null).Durable;
        await io.RemoveCheckpointAsync("best", context.CancellationToken);
        await store.SaveCheckpointAsync(SampleStates.Live(memory, 99), "best", null, context.CancellationToken);

        await io.Submit(state, "last", null).Durable;

        Assert.AreEqual(1, SampleStates.StepOf(store["last"]));
    }

    [TestMethod]
    public async Task Submit_TornStateUnderTwoNames_CountsOnceAndFailsBoth()
    {
        using var memory = new LiveMemory(8 << 20);
        var gate = new GatedCheckpointIO(new InMemoryCheckpointIO());
        await using var io = await AsyncSaves.BusyAsync(gate, new AsyncCheckpointOptions { CopyThreads = 1 }, context.CancellationToken);
        var state = SampleStates.Live(memory, 1);
        var first = io.Submit(state, "a", null);
        var second = io.Submit(state, "b", null);
        memory.As<float>().Fill(1);
        io.BeforeParametersChange();
        gate.Open();
        Assert.AreEqual(CheckpointOutcome.Failed, await first.Completion);
        Assert.AreEqual(CheckpointOutcome.Failed, await second.Completion);
        Assert.AreEqual(1, io.Statistics.Torn);
    }

    [TestMethod]
    public async Task Submit_StateChangesWithoutAFenceBeforeItIsCopied_IsNotWritten()
    {
        using var memory = new LiveMemory(8 << 20);
        var store = new InMemoryCheckpointIO();
        var gate = new GatedCheckpointIO(store);
        await using var io = await AsyncSaves.BusyAsync(gate, new AsyncCheckpointOptions { CopyThreads = 1 }, context.CancellationToken);
        var save = io.Submit(SampleStates.Live(memory, 1), "a", null);

        // No fence, so only the writer can find it.
        memory.As<float>().Fill(1);
        gate.Open();

        Assert.AreEqual(CheckpointOutcome.Failed, await save.Completion);
        Assert.Contains("changed while it was being captured", save.Failure!.Message);
        Assert.IsTrue(save.Failure.IsTransient);
        Assert.AreSequenceEqual(["busy"], store.Paths);
        Assert.IsFalse(io.IsOverlapping, "Later saves are captured before they return.");
    }
}
