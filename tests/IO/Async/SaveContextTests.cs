namespace Fulgurite.Tests.IO.Async;

/// <summary>What a <see cref="SaveContext"/> carries through wrappers.</summary>
[TestClass]
public sealed class SaveContextTests(TestContext context)
{
    [TestMethod]
    public async Task Submit_WrapperAwaitsBeforeItPassesOn_ReturnsOnceAccepted()
    {
        var gate = new GatedCheckpointIO(new InMemoryCheckpointIO());
        await using var io = new AwaitingCheckpointIO(new AsyncCheckpointIO(gate));
        var operation = io.Submit(SampleStates.Small(1), "a", null);
        Assert.AreEqual(CheckpointOutcome.Pending, operation.Outcome, "The wrapper made the save synchronous.");
        gate.Open();
        await operation.Durable;
    }

    [TestMethod]
    public async Task Submit_WrapperSavesACopyFirst_FollowsTheSaveOfItsOwnPath()
    {
        var store = new InMemoryCheckpointIO();
        await using var io = new CopyingCheckpointIO(new AsyncCheckpointIO(store));
        var operation = io.Submit(SampleStates.Small(1), "a", null);
        Assert.AreEqual("a", operation.Path);
        await operation.Durable;
        CollectionAssert.AreEqual(new[] { "a", "copy/a" }, store.Paths.ToList());
    }

    [TestMethod]
    public async Task Submit_WrapperDropsTheContext_WaitsAndSaves()
    {
        var store = new InMemoryCheckpointIO();
        await using var io = new DroppingCheckpointIO(new AsyncCheckpointIO(store));
        var operation = io.Submit(SampleStates.Small(1), "a", null);
        Assert.AreEqual(CheckpointOutcome.Durable, operation.Outcome);
        Assert.Contains("a", store.Paths);
    }

    [TestMethod]
    public async Task Submit_ThroughAWrapper_KeepsTheSlot()
    {
        var gate = new GatedCheckpointIO(new InMemoryCheckpointIO());
        await using var io = new AwaitingCheckpointIO(new AsyncCheckpointIO(gate));
        var last = new SaveOptions { Slot = "last", IsResumePoint = true };
        io.Submit(SampleStates.Small(1), "a", last);
        await gate.ArrivalAsync(context.CancellationToken);
        var second = io.Submit(SampleStates.Small(2), "a", last);
        var third = io.Submit(SampleStates.Small(3), "a", last);
        Assert.AreEqual(CheckpointOutcome.Superseded, second.Outcome);
        Assert.AreEqual(last, third.Options);
        gate.Open();
        await third.Durable;
    }

    [TestMethod]
    public async Task Submit_ThroughWrappersOnEitherSide_ReportsTheLengthOfTheFile()
    {
        var files = new MemoryStorage();
        await using var io = new AwaitingCheckpointIO(new AsyncCheckpointIO(new AwaitingCheckpointIO(new TorchCheckpointIO(files))));
        var operation = io.Submit(SampleStates.Small(1), "a", null);
        await operation.Durable;
        Assert.AreEqual(files["a"].Length, operation.ByteCount);

        await using var plain = new AwaitingCheckpointIO(new TorchCheckpointIO(files));
        Assert.AreEqual(files["a"].Length, plain.Submit(SampleStates.Small(1), "b", null).ByteCount);
    }

    [TestMethod]
    public async Task Submit_ByManyThreadsThroughOneWrapper_EachFollowsItsOwnSave()
    {
        await using var io = new AwaitingCheckpointIO(new AsyncCheckpointIO(new InMemoryCheckpointIO()));
        await Parallel.ForAsync(0, 16, context.CancellationToken, async (thread, _) =>
        {
            var operation = io.Submit(SampleStates.Small(thread), $"{thread}", null);
            Assert.AreEqual($"{thread}", operation.Path);
            await operation.Durable;
        });
    }

    [TestMethod]
    public void Afterwards_CallerThatRunsWorkLater_IsGivenIt()
    {
        var (later, runs) = (new List<Action>(), 0);
        new SaveContext().Afterwards(() => runs++);
        Assert.AreEqual(1, runs);

        new SaveContext(new SaveOptions(), later.Add).With(new SaveOptions()).Afterwards(() => runs++);
        Assert.AreEqual(1, runs);
        Assert.ContainsSingle(later)();
        Assert.AreEqual(2, runs);
    }

    [TestMethod]
    public void With_OtherOptions_KeepsTheResults()
    {
        var outer = new SaveContext();
        var inner = outer.With(new SaveOptions { Slot = "tagged" });
        inner.ByteLength = 7;
        Assert.AreEqual(7, outer.ByteLength);
        Assert.AreEqual("tagged", inner.Options.Slot);
        Assert.IsNull(outer.Options.Slot);
    }

    private sealed class AwaitingCheckpointIO(CheckpointIO inner) : WrappingCheckpointIO(inner)
    {
        public override async Task SaveCheckpointAsync(
            TrainingState checkpoint, string path, SaveContext? context, CancellationToken cancellationToken)
        {
            await Task.Yield();
            await Inner.SaveCheckpointAsync(checkpoint, path, context, cancellationToken);
        }
    }

    private sealed class CopyingCheckpointIO(CheckpointIO inner) : WrappingCheckpointIO(inner)
    {
        public override async Task SaveCheckpointAsync(
            TrainingState checkpoint, string path, SaveContext? context, CancellationToken cancellationToken)
        {
            await Inner.SaveCheckpointAsync(checkpoint, $"copy/{path}", context, cancellationToken);
            await Inner.SaveCheckpointAsync(checkpoint, path, context, cancellationToken);
        }
    }

    private sealed class DroppingCheckpointIO(CheckpointIO inner) : WrappingCheckpointIO(inner)
    {
        public override Task SaveCheckpointAsync(
            TrainingState checkpoint, string path, SaveContext? context, CancellationToken cancellationToken) =>
            Inner.SaveCheckpointAsync(checkpoint, path, null, cancellationToken);
    }
}
