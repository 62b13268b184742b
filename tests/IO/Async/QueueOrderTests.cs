namespace Fulgurite.Tests.IO.Async;

/// <summary>What is written and removed first while the writer is held up.</summary>
[TestClass]
public sealed class QueueOrderTests(TestContext context) : IDisposable
{
    private static readonly SaveOptions Last = new() { Slot = "last", IsResumePoint = true };
    private static readonly SaveOptions Slot = new() { Slot = "slot" };

    private readonly OrderedCheckpointIO _inner = new();

    public void Dispose() => _inner.DisposeAsync().AsTask().GetAwaiter().GetResult();

    [TestMethod]
    public async Task Submit_SupersedesOneInTheMiddle_KeepsItsPlace()
    {
        await using var io = await HeldAsync();
        Submit(io, "a");
        Submit(io, "slot", Slot);
        Submit(io, "b");
        Submit(io, "slot", Slot);

        Assert.AreSequenceEqual(["+a", "+slot", "+b"], await RestAsync(io));
    }

    [TestMethod]
    public async Task Submit_SupersedesUnderAnotherPath_NeverGoesBeforeWhatIsDoneAtThatPath()
    {
        await using var io = await HeldAsync();
        Submit(io, "slot-1", Slot);
        Submit(io, "slot-2");
        var removal = io.RemoveCheckpointAsync("slot-2", context.CancellationToken);
        Submit(io, "slot-2", Slot);

        Assert.AreSequenceEqual(["+slot-2", "-slot-2", "+slot-2"], await RestAsync(io));
        await removal;
    }

    [TestMethod]
    public async Task Remove_WhileOtherPathsWait_GoesBeforeTheirSaves()
    {
        await using var io = await HeldAsync();
        Submit(io, "a");
        Submit(io, "b");
        var removal = io.RemoveCheckpointAsync("old", context.CancellationToken);
        var later = io.RemoveCheckpointAsync("b", context.CancellationToken);

        Assert.AreSequenceEqual(["-old", "+a", "+b", "-b"], await RestAsync(io));
        await Task.WhenAll(removal, later);
    }

    [TestMethod]
    public async Task Submit_ResumePointBehindMilestones_WaitsForOneOfThemAtMost()
    {
        await using var io = await HeldAsync();
        Submit(io, "a");
        Submit(io, "b");
        Submit(io, "last", Last);

        Assert.AreSequenceEqual(["+a", "+last", "+b"], await RestAsync(io));
    }

    [TestMethod]
    public async Task Submit_ResumePointsWithoutEnd_LetTheOthersThrough()
    {
        await using var io = await HeldAsync();
        Submit(io, "a");
        Submit(io, "b");
        for (var round = 0; round < 4; round++)
        {
            Submit(io, "last", Last);
            await _inner.StepAsync(context.CancellationToken);
        }

        Assert.AreSequenceEqual(["+held", "+a", "+last", "+b"], _inner.Done);
        Assert.AreSequenceEqual(["+last"], await RestAsync(io, skip: 4));
    }

    [TestMethod]
    public async Task Submit_BestAndResumePointOfOneState_AreWrittenOneAfterTheOther()
    {
        await using var io = await HeldAsync();
        var other = Submit(io, "a");
        var state = SampleStates.Small(1);
        io.Submit(state, "best", null);
        io.Submit(state, "last", Last);
        io.BeforeParametersChange();
        _inner.Open();
        await other.Durable.WaitAsync(context.CancellationToken);

        Assert.AreSequenceEqual(["+held", "+best", "+last", "+a"], _inner.Done);
    }

    [TestMethod]
    public async Task Submit_NewerResumePointWhileTheBestOfAWaitingOneIsWrittenAndStorageLinks_SupersedesNone()
    {
        await using var io = new AsyncCheckpointIO(new LinkingCheckpointIO(_inner));

        // The answer to the first link counts for the next ones.
        var linked = SubmitBoth(io, "best 1");
        await _inner.ArrivalAsync(context.CancellationToken);
        Submit(io, "a");
        await _inner.StepAsync(context.CancellationToken);
        var waiting = SubmitBoth(io, "best 2");
        await _inner.StepAsync(context.CancellationToken);
        var newest = SubmitBoth(io, "best 3");
        _inner.Open();
        await newest.Durable.WaitAsync(context.CancellationToken);

        Assert.AreEqual(CheckpointOutcome.Durable, linked.Outcome);
        Assert.AreEqual(CheckpointOutcome.Durable, waiting.Outcome);

        SaveOperation SubmitBoth(AsyncCheckpointIO io, string best)
        {
            var state = SampleStates.Small(1);
            io.Submit(state, best, null);
            var last = io.Submit(state, "last", Last);
            io.BeforeParametersChange();
            return last;
        }
    }

    [TestMethod]
    public async Task FlushAsync_ResumePointAndBestOfOneState_WritesTheResumePointLast()
    {
        await using var io = await HeldAsync();
        Submit(io, "last", Last);
        Submit(io, "a");
        var state = SampleStates.Small(1);
        io.Submit(state, "best", null);
        io.Submit(state, "last", Last);
        io.BeforeParametersChange();

        var flush = io.FlushAsync(context.CancellationToken);
        _inner.Open();
        await flush;

        Assert.AreSequenceEqual(["+held", "+best", "+last", "+a"], _inner.Done);
    }

    [TestMethod]
    public async Task WriteResumePointsFirst_TwoOfThemWait_GoBeforeEverythingElse()
    {
        await using var io = await HeldAsync();
        Submit(io, "a");
        Submit(io, "last", Last);
        Submit(io, "other", Last with { Slot = "other" });

        io.WriteResumePointsFirst();

        Assert.AreSequenceEqual(["+last", "+other", "+a"], await RestAsync(io));
    }

    [TestMethod]
    public async Task Submit_AsManyMilestonesAsMayWait_WaitsForOneToBeTaken()
    {
        await using var io = await HeldAsync(new AsyncCheckpointOptions { MaxWaitingMilestones = 2 });
        Submit(io, "a");
        Submit(io, "b");
        Submit(io, "last", Last);

        var third = Task.Run(() => Submit(io, "c"), context.CancellationToken);
        while (io.Statistics.Waits == 0)
        {
            await Task.Yield();
        }

        Assert.IsFalse(third.IsCompleted);
        _inner.Open();
        await third;
        Assert.AreEqual(1, io.Statistics.Waits);
        Assert.HasCount(5, (await RestAsync(io)).Append("+held"));
    }

    [TestMethod]
    public async Task Withdraw_WaitingOrBeingWritten_TakesBackOnlyTheWaitingOne()
    {
        await using var io = new AsyncCheckpointIO(_inner);
        var written = Submit(io, "written");
        await _inner.ArrivalAsync(context.CancellationToken);
        var waiting = Submit(io, "waiting");

        Assert.IsFalse(written.Withdraw());
        Assert.IsTrue(waiting.Withdraw());

        Assert.AreEqual(CheckpointOutcome.Cancelled, waiting.Outcome);
        _inner.Open();
        await written.Durable.WaitAsync(context.CancellationToken);
        Assert.AreSequenceEqual(["+written"], _inner.Done);
    }

    [TestMethod]
    public async Task Submit_WriterFallsBehind_WritesAtThePriorityOfTraining()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Inconclusive("Other systems do not tell the policy of a thread.");
        }

        await using var io = await HeldAsync();
        Submit(io, "last", Last);
        Submit(io, "last", Last);
        await RestAsync(io);
        await Submit(io, "alone").Durable.WaitAsync(context.CancellationToken);

        const string batch = "3", normal = "0";
        Assert.AreSequenceEqual([batch, normal, batch], _inner.Policies, "held up, superseded, and idle again");
    }

    private static SaveOperation Submit(AsyncCheckpointIO io, string path, SaveOptions? options = null)
    {
        var operation = io.Submit(SampleStates.Small(1), path, options);
        io.BeforeParametersChange();
        return operation;
    }

    /// <summary>One whose writer is held up by a first save.</summary>
    private async Task<AsyncCheckpointIO> HeldAsync(AsyncCheckpointOptions? options = null)
    {
        var io = new AsyncCheckpointIO(_inner, options);
        Submit(io, "held");
        await _inner.ArrivalAsync(context.CancellationToken);
        return io;
    }

    private async Task<string[]> RestAsync(AsyncCheckpointIO io, int skip = 1)
    {
        _inner.Open();
        await io.FlushAsync(context.CancellationToken);
        return [.. _inner.Done.Skip(skip)];
    }

    private sealed class LinkingCheckpointIO(CheckpointIO inner) : WrappingCheckpointIO(inner), ICheckpointFiles
    {
        public Task<bool> TryLinkAsync(string existingPath, string path, CancellationToken cancellationToken) => Task.FromResult(true);
    }
}
