using Fulgurite.IO;
using Fulgurite.IO.Async;
using Fulgurite.IO.Torch;
using Fulgurite.State;
using Fulgurite.Strategies;
using Fulgurite.Testing.IO;
using Fulgurite.Testing.State;
using Fulgurite.Tests.IO.Conformance;

namespace Fulgurite.Tests.IO.Async;

/// <summary>Defects that asynchronous saving is known to have elsewhere, each with its number in the list of them.</summary>
[TestClass]
public sealed class LightningDefectTests(TestContext context)
{
    private static readonly SaveOptions Last = new() { Slot = "last" };

    [TestMethod]
    public async Task D1_RemoveWhileSavesWait_RemovedCheckpointsStayAway()
    {
        var store = new InMemoryCheckpointIO();
        var gate = new GatedCheckpointIO(store);
        await using var io = new AsyncCheckpointIO(gate);
        var removals = new List<Task>();
        for (var step = 0; step < 4; step++)
        {
            io.Submit(SampleStates.Small(step), $"{step}", null);
            if (step > 0)
            {
                removals.Add(io.RemoveCheckpointAsync($"{step - 1}", context.CancellationToken));
            }
        }

        Assert.IsFalse(removals.Any(removal => removal.IsCompleted), "A removal overtook a save.");
        gate.Open();
        await Task.WhenAll(removals);
        await io.FlushAsync(context.CancellationToken);
        Assert.AreSequenceEqual(["3"], store.Paths);
    }

    [TestMethod]
    public async Task D2_LoadOfAPendingPath_GivesThePendingState()
    {
        var gate = new GatedCheckpointIO(new InMemoryCheckpointIO());
        await using var io = new AsyncCheckpointIO(gate);
        io.Submit(SampleStates.Small(1), "a", Last);
        await gate.ArrivalAsync(context.CancellationToken);
        io.Submit(SampleStates.Small(2), "a", Last);
        var loading = io.LoadCheckpointAsync("a", null, context.CancellationToken);
        var third = io.Submit(SampleStates.Small(3), "a", Last);
        gate.Open();
        using var loaded = await loading;
        Assert.AreEqual(2, SampleStates.StepOf(loaded), "A state that somebody waits for must not be superseded.");
        await third.Durable;
    }

    [TestMethod]
    public async Task D3_OneSaveFails_OnlyItsTicketSaysSo()
    {
        var store = new InMemoryCheckpointIO();
        await using var io = new AsyncCheckpointIO(new FlakyCheckpointIO(store, (_, save) => save == 2 ? new IOException("disk on fire") : null));
        var tickets = Enumerable.Range(1, 4).Select(step => io.Submit(SampleStates.Small(step), $"{step}", null)).ToList();
        await io.FlushAsync(context.CancellationToken);

        Assert.AreSequenceEqual(
            [CheckpointOutcome.Durable, CheckpointOutcome.Failed, CheckpointOutcome.Durable, CheckpointOutcome.Durable],
            tickets.Select(ticket => ticket.Outcome));
        Assert.AreEqual("2", tickets[1].Failure!.Path);
        Assert.Contains("disk on fire", tickets[1].Failure!.Message, StringComparison.Ordinal);
        await io.FlushAsync(context.CancellationToken);
        await io.DisposeAsync();
        Assert.AreSequenceEqual(["1", "3", "4"], store.Paths);
    }

    [TestMethod]
    public async Task D4_SavesOutpaceStorage_MemoryAndQueueStayBounded()
    {
        using var memory = new LiveMemory(1 << 20);
        var gate = new GatedCheckpointIO(new InMemoryCheckpointIO());
        await using var io = new AsyncCheckpointIO(gate);
        var tickets = new List<CheckpointTicket>();
        for (var step = 0; step < 20; step++)
        {
            tickets.Add(io.Submit(SampleStates.Live(memory, step), "last", Last));
            io.BeforeParametersChange();
            memory.As<float>().Fill(step);
            if (step == 0)
            {
                await gate.ArrivalAsync(context.CancellationToken);
            }
        }

        Assert.IsLessThanOrEqualTo(2, tickets.Count(ticket => ticket.Outcome == CheckpointOutcome.Pending));
        Assert.IsLessThanOrEqualTo((2L << 20) + (32 << 20), io.Statistics.MemoryBytes);
        Assert.AreEqual(0, io.Statistics.Waits, "Superseding never waits for storage.");
        gate.Open();
        await io.FlushAsync(context.CancellationToken);
        Assert.AreEqual(CheckpointOutcome.Durable, tickets[^1].Outcome);
        Assert.AreEqual(18, io.Statistics.Superseded);
    }

    [TestMethod]
    public async Task D5_WrapperAroundAsync_DrainsItAndPassesTheFence()
    {
        using var memory = new LiveMemory(8 << 20);
        var store = new InMemoryCheckpointIO();
        var gate = new GatedCheckpointIO(store);
        var io = new PassingCheckpointIO(new StampingCheckpointIO(new AsyncCheckpointIO(gate)));
        var first = io.Submit(SampleStates.Live(memory, 1), "a", null);
        io.BeforeParametersChange();
        Assert.IsTrue(first.Captured.IsCompleted);
        Assert.AreEqual(CheckpointOutcome.Pending, first.Outcome, "The wrapper made the save synchronous.");
        var flushing = io.FlushAsync(context.CancellationToken);
        Assert.IsFalse(flushing.IsCompleted);
        gate.Open();
        await flushing;
        Assert.AreEqual(CheckpointOutcome.Durable, first.Outcome);

        var second = io.Submit(SampleStates.Live(memory, 2), "b", null);
        await io.DisposeAsync();
        Assert.AreEqual(CheckpointOutcome.Durable, second.Outcome);
    }

    [TestMethod]
    public async Task D6_TiedTensors_AreWrittenOnceAndStayTied()
    {
        using var directory = new TemporaryDirectory();
        using var memory = new LiveMemory(1 << 20);
        memory.As<float>().Fill(4);
        var state = new TrainingState { ["embedding"] = memory.AsTensor(), ["head"] = memory.AsTensor() };
        await using var io = new AsyncCheckpointIO(new TorchCheckpointIO());
        var ticket = io.Submit(state, directory["a.ckpt"], null);
        await ticket.Durable;
        Assert.IsLessThan((1 << 20) + (64 << 10), ticket.ByteCount);
        using var loaded = await io.LoadCheckpointAsync(directory["a.ckpt"], null, context.CancellationToken);
        StateAssert.AreSame(state, loaded);
    }

    [TestMethod]
    public async Task D7_EverythingElseThatChanges_IsCapturedToo()
    {
        var bytes = new byte[] { 1, 2, 3 };
        var list = new StateList([1L]);
        var inner = new StateMap { ["metric"] = 0.5 };
        var state = new TrainingState { ["bytes"] = new StateBytes(bytes), ["list"] = list, ["inner"] = inner };
        using var expected = StateCopies.Copy(state);
        var gate = new GatedCheckpointIO(new InMemoryCheckpointIO());
        await using var io = new AsyncCheckpointIO(gate);
        var ticket = io.Submit(state, "a", null);
        bytes[0] = 99;
        list.Add(2L);
        inner["metric"] = 0.9;
        inner["more"] = true;
        gate.Open();
        await ticket.Durable;
        using var loaded = await io.LoadCheckpointAsync("a", null, context.CancellationToken);
        StateAssert.AreSame(expected, loaded);
    }

    [TestMethod]
    public async Task D8_ExistsOfAPendingPath_CountsIt()
    {
        var gate = new GatedCheckpointIO(new InMemoryCheckpointIO());
        await using var io = new AsyncCheckpointIO(gate);
        io.Submit(SampleStates.Small(1), "folder/../a", null);
        Assert.IsTrue(await io.ExistsAsync("a", context.CancellationToken), "The next name would collide.");
        var removing = io.RemoveCheckpointAsync("a", context.CancellationToken);
        Assert.IsFalse(await io.ExistsAsync("a", context.CancellationToken));
        gate.Open();
        await removing;
    }

    [TestMethod]
    public async Task D9_SecondName_NeverPointsToWhatIsNotThere()
    {
        var store = new InMemoryCheckpointIO();
        var fails = true;
        await using var io = new AsyncCheckpointIO(new LinkingFlakyCheckpointIO(store, () => fails));
        using var memory = new LiveMemory(1 << 16);
        var state = SampleStates.Live(memory, 1);
        var best = io.Submit(state, "best", null);
        await best.Completion;
        fails = false;
        var last = io.Submit(state, "last", Last);
        var third = io.Submit(state, "third", null);
        await io.FlushAsync(context.CancellationToken);

        Assert.AreEqual(CheckpointOutcome.Failed, best.Outcome);
        Assert.AreEqual(CheckpointOutcome.Durable, last.Outcome);
        Assert.AreEqual(CheckpointOutcome.Durable, third.Outcome);
        Assert.AreSequenceEqual(["last", "third"], store.Paths);
        Assert.AreEqual(1, store.Writes, "The second name of what is durable is a link.");
        Assert.AreEqual(1, store.Links);
    }

    [TestMethod]
    public async Task D10_DurableIsTold_WhenTheBytesAreThere()
    {
        using var directory = new TemporaryDirectory();
        var gate = new GatedCheckpointIO(new TorchCheckpointIO());
        await using var io = new AsyncCheckpointIO(gate);
        var ticket = io.Submit(SampleStates.Everything(1), directory["a.ckpt"], null);
        await gate.ArrivalAsync(context.CancellationToken);
        Assert.IsFalse(ticket.Durable.IsCompleted);
        Assert.IsFalse(File.Exists(directory["a.ckpt"]));
        gate.Open();
        await ticket.Durable;
        Assert.AreEqual(ticket.ByteCount, new FileInfo(directory["a.ckpt"]).Length);
    }

    [TestMethod]
    public async Task D11_FlushBeforeHandingOver_EverythingIsDurable()
    {
        using var directory = new TemporaryDirectory();
        await using var io = new AsyncCheckpointIO(new TorchCheckpointIO());
        var tickets = Enumerable.Range(0, 5).Select(step => io.Submit(SampleStates.Everything(step), directory[$"{step}.ckpt"], null)).ToList();
        await io.FlushAsync(context.CancellationToken);
        Assert.IsTrue(tickets.All(ticket => ticket.Outcome == CheckpointOutcome.Durable));
        Assert.HasCount(5, Directory.GetFiles(directory.Path));
    }

    [TestMethod]
    public async Task D12_FailureWhileDraining_IsToldByTheTicketNotThrown()
    {
        var gate = new GatedCheckpointIO(new FlakyCheckpointIO(new InMemoryCheckpointIO(), (_, _) => new IOException("full")));
        var io = new AsyncCheckpointIO(gate);
        var ticket = io.Submit(SampleStates.Small(1), "a", null);
        gate.Open();

        // Thrown here it would take the place of the exception that ended the training, and keep the rest from being torn down.
        await io.FlushAsync(context.CancellationToken);
        await io.DisposeAsync();
        Assert.AreEqual(CheckpointOutcome.Failed, ticket.Outcome);
    }

    [TestMethod]
    public async Task D13_TearDownOfTheStrategy_DrainsThroughWrappers()
    {
        var gate = new GatedCheckpointIO(new InMemoryCheckpointIO());
        await using var strategy = new SingleDeviceStrategy(new PassingCheckpointIO(new AsyncCheckpointIO(gate)));
        var ticket = strategy.SaveCheckpoint(SampleStates.Small(1), "a", null);
        Assert.AreEqual(CheckpointOutcome.Pending, ticket.Outcome);
        gate.Open();
        strategy.TearDown();
        Assert.AreEqual(CheckpointOutcome.Durable, ticket.Outcome);

        var again = strategy.SaveCheckpoint(SampleStates.Small(2), "b", null);
        strategy.TearDown();
        Assert.AreEqual(CheckpointOutcome.Durable, again.Outcome, "A strategy that was torn down is used again by the next run.");
    }

    [TestMethod]
    public async Task D14_WhatHangsOnAMap_IsCapturedWithIt()
    {
        var ordered = new StateObject("collections.OrderedDict", new StateList(), new StateMap { ["_metadata"] = new StateMap { [""] = new StateMap { ["version"] = 1 } } })
        {
            Items = new StateMap { ["weight"] = TensorData.FromValues([1f, 2f], TorchSharp.torch.ScalarType.Float32, 2) },
        };
        var state = new TrainingState { ["state_dict"] = ordered };
        await using var io = new AsyncCheckpointIO(new InMemoryCheckpointIO());
        await io.SaveCheckpointAsync(state, "a", null, context.CancellationToken);
        using var loaded = await io.LoadCheckpointAsync("a", null, context.CancellationToken);
        StateAssert.AreSame(state, loaded);
    }

    [TestMethod]
    public async Task D15_HandOverFile_IsReadableByOthersAfterFlush()
    {
        using var directory = new TemporaryDirectory();
        await using var io = new AsyncCheckpointIO(new TorchCheckpointIO());
        using var state = SampleStates.Everything(5);
        io.Submit(state, directory["handover.ckpt"], null);
        await io.FlushAsync(context.CancellationToken);

        await using var other = new TorchCheckpointIO();
        using var loaded = await other.LoadCheckpointAsync(directory["handover.ckpt"], null, context.CancellationToken);
        StateAssert.AreSame(state, loaded);
    }

    private sealed class LinkingFlakyCheckpointIO(CheckpointIO inner, Func<bool> fails) : WrappingCheckpointIO(inner)
    {
        public override Task SaveCheckpointAsync(TrainingState checkpoint, string path, StorageOptions? options, CancellationToken cancellationToken) =>
            fails() ? Task.FromException(new IOException("full")) : Inner.SaveCheckpointAsync(checkpoint, path, options, cancellationToken);
    }
}
