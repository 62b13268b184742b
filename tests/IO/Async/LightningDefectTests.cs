namespace Fulgurite.Tests.IO.Async;

/// <summary>
/// What <see cref="AsyncCheckpointIO"/> does about known defects beyond what is asked of every asynchronous implementation; D1 to D15
/// themselves are in <see cref="Fulgurite.Testing.Conformance.AsyncDefectConformance"/>.
/// </summary>
[TestClass]
public sealed class LightningDefectTests(TestContext context)
{
    private static readonly SaveOptions Last = new() { Slot = "last" };

    [TestMethod]
    public async Task D4_SavesOutpaceStorage_MemoryStaysBounded()
    {
        using var memory = new LiveMemory(1 << 20);
        var gate = new GatedCheckpointIO(new InMemoryCheckpointIO());
        await using var io = new AsyncCheckpointIO(gate);
        var operations = new List<SaveOperation>();
        for (var step = 0; step < 20; step++)
        {
            operations.Add(io.Submit(SampleStates.Live(memory, step), "last", Last));
            io.BeforeParametersChange();
            memory.As<float>().Fill(step);
            if (step == 0)
            {
                await gate.ArrivalAsync(context.CancellationToken);
            }
        }

        Assert.IsLessThanOrEqualTo(2, operations.Count(operation => operation.Outcome == CheckpointOutcome.Pending));
        Assert.IsLessThanOrEqualTo((2L << 20) + (32 << 20), io.Statistics.MemoryBytes);
        Assert.AreEqual(0, io.Statistics.Waits, "Superseding never waits for storage.");
        gate.Open();
        await io.FlushAsync(context.CancellationToken);
        Assert.AreEqual(CheckpointOutcome.Durable, operations[^1].Outcome);
        Assert.AreEqual(18, io.Statistics.Superseded);
    }

    [TestMethod]
    public async Task D6_TiedTensors_AreWrittenOnceAndStayTied()
    {
        using var directory = new TemporaryDirectory();
        using var memory = new LiveMemory(1 << 20);
        memory.As<float>().Fill(4);
        var state = new TrainingState { ["embedding"] = memory.AsTensor(), ["head"] = memory.AsTensor() };
        await using var io = new AsyncCheckpointIO(new TorchCheckpointIO());
        var operation = io.Submit(state, directory["a.ckpt"], null);
        await operation.Durable;
        Assert.IsLessThan((1 << 20) + (64 << 10), operation.ByteCount);
        using var loaded = await io.LoadCheckpointAsync(directory["a.ckpt"], null, context.CancellationToken);
        StateAssert.AreSame(state, loaded);
    }

    [TestMethod]
    public async Task D9_SecondNameAfterAFailedFirst_IsALinkToWhatIsDurable()
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

    private sealed class LinkingFlakyCheckpointIO(CheckpointIO inner, Func<bool> fails) : WrappingCheckpointIO(inner)
    {
        public override Task SaveCheckpointAsync(
            TrainingState checkpoint, string path, SaveContext? context, CancellationToken cancellationToken) =>
            fails() ? Task.FromException(new IOException("full")) : Inner.SaveCheckpointAsync(checkpoint, path, context, cancellationToken);
    }
}
