namespace Fulgurite.Tests.IO.Async;

/// <summary>The queue alone: places, awaited items and the limit of milestones.</summary>
[TestClass]
public sealed class WorkQueueTests
{
    private readonly WorkQueue _queue = new(typeof(AsyncCheckpointIO));

    [TestMethod]
    public void Add_SupersedesBehindAnItemOfItsPath_TakesTheLaterPlace()
    {
        Add("a", slot: "first");
        Add("b", slot: "second");
        Add("c");

        // Goes behind 'c', so the one after it, which inherits the second place, goes before both.
        var moved = Add("c", slot: "first");
        Add("d", slot: "second");

        Assert.AreSequenceEqual(["d", "c", "c"], TakeAll().Select(item => item.Path));
        Assert.AreEqual(3, moved.Place);
    }

    [TestMethod]
    public void Add_OlderOfTheSlotIsAwaitedByALoad_SupersedesOnlyTheOneThatIsNot()
    {
        var awaited = Add("a", slot: "slot");
        _ = _queue.BeginLoad(awaited.Key, new TaskCompletionSource().Task);
        var waiting = Add("b", slot: "slot", expected: null);
        var newest = Add("c", slot: "slot", expected: waiting);

        Assert.AreSequenceEqual([awaited, newest], TakeAll());
    }

    [TestMethod]
    public void Vacate_ThenAdd_InheritsPlaceAndTime()
    {
        var vacated = Add("a", slot: "last");
        vacated.LateAt = 7;
        Add("b");

        Assert.AreSame(vacated, _queue.Vacate("last"));
        Assert.IsNull(_queue.Vacate("last"));
        var next = Add("c", slot: "last", expected: null);

        Assert.AreEqual(7, next.LateAt);
        Assert.AreSequenceEqual(["c", "b"], TakeAll().Select(item => item.Path));
        Assert.IsNull(Add("d", slot: "last", expected: null).LateAt);
    }

    /// <summary>Regression: a resume point was given up although a milestone of its state kept the memory.</summary>
    [TestMethod]
    public void Vacate_TheNextOneOfTheSlotComesMuchLater_DoesNotInherit()
    {
        Add("a", slot: "last").LateAt = 7;
        Add("b");
        Assert.IsNotNull(_queue.Vacate("last"));
        Add("c");
        Add("d");

        Assert.IsNull(Add("e", slot: "last", expected: null).LateAt);
        Assert.AreSequenceEqual(["b", "c", "d", "e"], TakeAll().Select(item => item.Path));
    }

    [TestMethod]
    public void CountSlots_ALoadAwaitsAnItemOfTheSlot_CountsIt()
    {
        var (written, waiting) = (new object(), new object());
        Add("a", shared: written);
        Assert.IsNotNull(_queue.Take());
        var last = Add("b", slot: "last", shared: waiting);
        Add("c", slot: "best", shared: waiting);
        Assert.AreEqual(0, _queue.CountSlots("best", "last"));
        Assert.AreEqual(1, _queue.CountSlots("best", null));

        _ = _queue.BeginLoad(last.Key, new TaskCompletionSource().Task);

        Assert.AreEqual(1, _queue.CountSlots("best", "last"));
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Vacate_AnotherNameKeepsTheMemory_KeepsTheItem(bool isRunning)
    {
        var state = new object();
        var milestone = Add("a", shared: state);
        var last = Add("b", slot: "last", isResumePoint: true, shared: state);
        if (isRunning)
        {
            Assert.AreSame(milestone, _queue.Take());
        }

        Assert.IsNull(_queue.Vacate("last"));

        if (isRunning)
        {
            _queue.Done(milestone);
            Assert.AreSame(last, _queue.Vacate("last"));
        }
        else
        {
            Assert.AreSequenceEqual([milestone, last], TakeAll());
        }
    }

    [TestMethod]
    public void Take_ResumePointAndItsRemovalAfterAResumePoint_TakesTheSaveFirst()
    {
        Add("a", isResumePoint: true);
        TakeAll();
        var save = Add("b", isResumePoint: true);
        _queue.Add(new RemoveItem("b", CancellationToken.None));

        Assert.AreSame(save, _queue.Take());
    }

    [TestMethod]
    public void WaitForMilestones_AsManyAsMayWait_BlocksUntilOneIsTaken()
    {
        Add("a");
        Add("b");
        var waits = 0;
        var caller = new Thread(() => _queue.WaitForMilestones(2, () => waits++)) { IsBackground = true };
        caller.Start();
        while (caller.ThreadState != (ThreadState.Background | ThreadState.WaitSleepJoin) || Volatile.Read(ref waits) == 0)
        {
            Assert.IsTrue(caller.IsAlive, "It did not wait.");
            Thread.Yield();
        }

        _ = _queue.Take();
        caller.Join();

        Assert.AreEqual(1, waits);
    }

    [TestMethod]
    public void WaitForMilestones_QueueIsClosed_ReturnsAtOnce()
    {
        Add("a");
        _queue.Close();

        _queue.WaitForMilestones(1, () => Assert.Fail("It waits."));

        Assert.ThrowsExactly<ObjectDisposedException>(() => Add("b"));
    }

    [TestMethod]
    public void Take_ResumePointHasOtherNames_TakesThemFirst()
    {
        var state = new object();
        Add("every tenth");
        Add("last", slot: "last", isResumePoint: true, shared: state);
        Add("best", shared: state);
        Add("every second", shared: state);
        _queue.Add(new RemoveItem("old", CancellationToken.None));

        Assert.AreSequenceEqual(["old", "best", "every second", "last", "every tenth"], TakeAll().Select(item => item.Path));
    }

    [TestMethod]
    public void Take_ResumePointWhoseStateIsWrittenUnderAnotherName_IsNotSupersededBefore()
    {
        _queue.HasLinks = true;
        var state = new object();
        Add("best 1", shared: state);
        var last = Add("last", slot: "last", isResumePoint: true, shared: state);
        var best = _queue.Take()!;
        state = new object();
        Add("best 2", shared: state);
        var newest = Add("last", slot: "last", isResumePoint: true, shared: state);
        _queue.Done(best);

        var rest = TakeAll();

        Assert.AreSequenceEqual(["last", "best 2", "last"], rest.Select(item => item.Path));
        Assert.AreSequenceEqual([last, newest], [rest[0], rest[2]]);
    }

    [TestMethod]
    public void Take_ResumePointAmongEarlierSaves_GivesWayToOneEvenIfItIsSuperseded()
    {
        var running = Add("running");
        _ = _queue.Take();
        Add("best 1");
        Add("best 2");
        Add("last", slot: "last", isResumePoint: true);
        _queue.Done(running);
        var first = _queue.Take()!;
        Assert.AreEqual("best 1", first.Path);
        var newest = Add("last", slot: "last", isResumePoint: true);
        _queue.Done(first);

        Assert.AreSame(newest, _queue.Take());
    }

    [TestMethod]
    public void Take_ResumePointThatHasGivenWayBeforeAnyLink_GoesBeforeTheBestOfItsState()
    {
        var running = Add("running");
        _ = _queue.Take();
        Add("earlier");
        Add("last", slot: "last", isResumePoint: true);
        _queue.Done(running);
        var earlier = _queue.Take()!;
        var state = new object();
        Add("best", shared: state);
        var newest = Add("last", slot: "last", isResumePoint: true, shared: state);
        _queue.Done(earlier);

        Assert.AreSame(newest, _queue.Take());
    }

    [TestMethod]
    public void Take_ResumePointBeforeLaterSaves_GivesWayToNone()
    {
        var running = Add("running");
        _ = _queue.Take();
        Add("slot", slot: "slot");
        Add("last", slot: "last", isResumePoint: true);
        Add("slot", slot: "slot");
        _queue.Done(running);

        Assert.AreEqual("last", _queue.Take()!.Path);
    }

    [TestMethod]
    public void Take_AfterResumePointsWereFirstUntilTheQueueWasEmpty_TakesThemInTurnAgain()
    {
        Add("first", isResumePoint: true);
        _queue.TakeResumePointsFirst();
        TakeAll();
        Add("last", isResumePoint: true);
        Add("best");

        Assert.AreEqual("best", _queue.Take()!.Path);
    }

    [TestMethod]
    public void Take_RemovalWaitsForALoad_TakesTheSaveFirst()
    {
        _ = _queue.BeginLoad(PathKey.Of("old"), new TaskCompletionSource().Task);
        var removal = new RemoveItem("old", CancellationToken.None);
        _queue.Add(removal);
        Add("a", isResumePoint: true);

        Assert.AreEqual("a", _queue.Take()!.Path);
    }

    /// <summary>Storage that keeps up, and storage that does not, with improvements at most steps.</summary>
    [TestMethod]
    [DataRow(null, true)]
    [DataRow("best", true)]
    [DataRow(null, false)]
    [DataRow("best", false)]
    public void Take_ResumePointsBestOnesAndOthersInAnyOrder_NoneNamesABestThatWaitsAndNoneWaitsLong(string? bestSlot, bool hasLinks)
    {
        _queue.HasLinks = hasLinks;
        var random = new Random(7);
        List<Item> waiting = [];
        Dictionary<Item, int> others = [];
        Item? running = null, previous = null;
        var taken = 0;

        void Submit(string path, string? slot = null, bool isResumePoint = false, object? state = null)
        {
            var item = new Item(path, slot, isResumePoint, state);
            var superseded = (Item?)_queue.Add(item);
            waiting.Add(item);
            others[item] = superseded is null ? 0 : others[superseded];
            _ = superseded is not null && waiting.Remove(superseded);
        }

        void Take()
        {
            var item = running = (Item)_queue.Take()!;
            waiting.Remove(item);
            Assert.IsFalse(
                hasLinks && item.IsResumePoint && waiting.Exists(other => other.Shared == item.Shared), "A name of the state waits.");
            Assert.IsFalse(
                item.IsResumePoint && previous?.IsResumePoint == true && waiting.Exists(other => !other.IsResumePoint),
                "The others have no turn.");
            Assert.IsLessThanOrEqualTo(item.IsResumePoint ? 1 : int.MaxValue, others[item], "A resume point waits for one other write.");

            // With links, the names of one state count as one write.
            waiting.FindAll(other => !hasLinks || (other.Shared != item.Shared && previous?.Shared != item.Shared))
                .ForEach(other => others[other]++);
            previous = item;
            taken += item.IsResumePoint ? 1 : 0;
        }

        for (var step = 0; step < 20_000; step++)
        {
            var state = new object();
            switch (random.Next(5))
            {
                case 0 when waiting.Count < 12:
                    Submit($"best {step}", bestSlot, state: state);
                    Submit("last", "last", isResumePoint: true, state: state);
                    break;
                case 1:
                    Submit("last", "last", isResumePoint: true, state: state);
                    break;
                case 2 when waiting.Count < 6:
                    Submit($"milestone {step}", state: state);
                    break;
                default:
                    if (running is not null)
                    {
                        _queue.Done(running);
                        running = null;
                    }
                    else if (waiting.Count > 0)
                    {
                        Take();
                    }

                    break;
            }
        }

        Assert.IsGreaterThan(1000, taken);
    }

    private Item Add(string path, string? slot = null, bool isResumePoint = false, object? shared = null)
    {
        var item = new Item(path, slot, isResumePoint, shared);
        _ = _queue.Add(item);
        return item;
    }

    private Item Add(string path, string slot, WorkItem? expected)
    {
        var item = new Item(path, slot, isResumePoint: false, shared: null);
        Assert.AreSame(expected, _queue.Add(item));
        return item;
    }

    private List<WorkItem> TakeAll()
    {
        List<WorkItem> taken = [];
        while (_queue.Count > 0)
        {
            var item = _queue.Take()!;
            taken.Add(item);
            _queue.Done(item);
        }

        return taken;
    }

    private sealed class Item(string path, string? slot, bool isResumePoint, object? shared) : WorkItem(path)
    {
        public override string? Slot => slot;

        public override object? Shared => shared;

        public override bool LeavesCheckpoint => true;

        public override bool IsResumePoint => isResumePoint;

        public override bool IsMilestone => slot is null;

        public override bool IsSettled => false;

        public override void Fail(Exception exception)
        {
        }
    }
}
