namespace Fulgurite.Tests.Callbacks.ModelCheckpoints;

[TestClass]
public sealed class RetainedCheckpointsTests
{
    private readonly Dictionary<string, SaveOperationSource> _saves = new(StringComparer.Ordinal);
    private long _number;

    [TestMethod]
    public void Add_BetterThanTheWorst_RetiresItOnlyOnceDurable()
    {
        var retained = Best(1, MonitorMode.Min);
        Add(retained, "first", 0.5, durable: true);
        Add(retained, "second", 0.4, durable: false);

        Assert.AreEqual("first", retained.Best!.Path, "the better one is not there yet");
        Assert.AreSequenceEqual(new[] { "first" }, Confirm(retained, "second"));
        Assert.AreEqual("second", retained.Best.Path);
    }

    [TestMethod]
    public void Withdraw_FailedSave_GivesThePlaceBack()
    {
        var retained = Best(2, MonitorMode.Max);
        Add(retained, "a", 0.1, durable: true);
        Add(retained, "b", 0.2, durable: true);
        Add(retained, "c", 0.3, durable: false);
        Assert.AreSequenceEqual(new[] { "c", "b" }, retained.Kept.Select(saved => saved.Path));

        Withdraw(retained, "c");

        Assert.AreSequenceEqual(new[] { "b", "a" }, retained.Kept.Select(saved => saved.Path));
        Assert.IsTrue(Admits(retained, 0.15), "a is the worst again");
        Assert.IsFalse(Admits(retained, 0.05));
    }

    [TestMethod]
    public void Withdraw_SupersededSave_LeavesItsSuccessorAndTheDurableOne()
    {
        var retained = Best(1, MonitorMode.Max);
        Add(retained, "a", 0.1, durable: true);
        Add(retained, "b", 0.2, durable: false);
        Add(retained, "c", 0.3, durable: false);

        Withdraw(retained, "b");
        Assert.AreEqual("a", retained.Best!.Path);

        Assert.AreSequenceEqual(new[] { "a" }, Confirm(retained, "c"));
    }

    [TestMethod]
    public void Confirm_WhileABetterOneIsOnItsWay_LetsGoWhatTheDurableOnesReplace()
    {
        var retained = Best(2, MonitorMode.Min);
        Add(retained, "a", 5, durable: true);
        Add(retained, "b", 6, durable: true);
        Add(retained, "c", 4, durable: false);
        Add(retained, "d", 3, durable: false);

        Assert.AreSequenceEqual(new[] { "b" }, Confirm(retained, "d"), "a stays: c may come to nothing");
        Assert.IsEmpty(Withdraw(retained, "c"));
        Assert.AreSequenceEqual(new[] { "d", "a" }, retained.Kept.Select(saved => saved.Path));
    }

    [TestMethod]
    public void Confirm_AlwaysABetterOneOnItsWay_KeepsNoMoreThanThePlaces()
    {
        var retained = Best(1, MonitorMode.Min);
        Add(retained, "0", 100, durable: true);
        List<string> removed = [];
        for (var number = 1; number < 20; number++)
        {
            // Storage never catches up: when a save is durable the next one waits already.
            Add(retained, $"{number}", 100 - number, durable: false);
            if (number > 1)
            {
                removed.AddRange(Confirm(retained, $"{number - 1}"));
            }
        }

        Assert.AreSequenceEqual(Enumerable.Range(0, 18).Select(number => $"{number}"), removed);
        Assert.HasCount(2, retained.All);
    }

    [TestMethod]
    public void Replaced_WhateverStorageDid_IsTheSame()
    {
        var (slow, fast) = (Best(2, MonitorMode.Min), Best(2, MonitorMode.Min));
        for (var number = 0; number < 40; number++)
        {
            Add(slow, $"{number}", 100 - number, durable: false);
            Add(fast, $"{number}", 100 - number, durable: true);
        }

        var expected = Enumerable.Range(22, 16).Select(number => $"{number}").ToList();
        Assert.AreSequenceEqual(expected, slow.Replaced.Select(saved => saved.Path));
        Assert.AreSequenceEqual(expected, fast.Replaced.Select(saved => saved.Path));
    }

    [TestMethod]
    public void TakeOver_SomeAreNotThere_TheReplacedOnesTakeTheirPlaces()
    {
        var retained = Best(2, MonitorMode.Min);

        retained.TakeOver(
            [new("a", 5, 1), new("b", 4, 2), new("c", 3, 3), new("d", 2, 4)],
            path => path is not "c" and not "a");

        Assert.AreSequenceEqual(new[] { "d", "b" }, retained.Kept.Select(saved => saved.Path));
        Assert.AreEqual("d", retained.Best!.Path);
        Assert.AreSequenceEqual(new[] { "a" }, retained.Replaced.Select(saved => saved.Path), "b counts again");
    }

    [TestMethod]
    public void Confirm_OnePathTwice_RemovesNoFile()
    {
        var retained = Best(1, MonitorMode.Min);
        Add(retained, "best", 0.5, durable: true);
        Assert.IsTrue(retained.MayReplace("best", new SavedCheckpoint(string.Empty, 0.4, 2)));
        retained.Add(new SavedCheckpoint("best", 0.4, 2) { Operation = Source("newer").Operation });

        Assert.IsEmpty(Confirm(retained, "newer"));
        Assert.AreEqual(0.4, retained.Best!.Score);
        Assert.HasCount(1, retained.Kept);
    }

    [TestMethod]
    public void Withdraw_OnePathTwice_KeepsTheOldFile()
    {
        var retained = Best(1, MonitorMode.Min);
        Add(retained, "best", 0.5, durable: true);
        retained.Add(new SavedCheckpoint("best", 0.4, 2) { Operation = Source("newer").Operation });

        Assert.IsEmpty(Withdraw(retained, "newer"));

        Assert.AreEqual(0.5, retained.Best!.Score);
        Assert.IsTrue(retained.Holds("best"));
    }

    [TestMethod]
    [DataRow(double.NaN, false, DisplayName = "NaN")]
    [DataRow(0.5, false, DisplayName = "tie")]
    [DataRow(0.6, false, DisplayName = "worse")]
    [DataRow(0.4, true, DisplayName = "better")]
    public void Admits_FullListByMin_OnlyBetterOnes(double score, bool expected)
    {
        var retained = Best(1, MonitorMode.Min);
        Add(retained, "kept", 0.5, durable: true);

        Assert.AreEqual(expected, Admits(retained, score));
    }

    [TestMethod]
    public void Admits_TieByLatest_ReplacesTheOlderOne()
    {
        var retained = new RetainedCheckpoints(
            new KeepBest(1, new CheckpointRanking(MonitorMode.Min, TieRule.Latest)),
            new CheckpointRanking(MonitorMode.Min, TieRule.Latest));
        Add(retained, "older", 0.5, durable: true);
        Assert.IsTrue(Admits(retained, 0.5));

        Add(retained, "newer", 0.5, durable: false);

        Assert.AreSequenceEqual(new[] { "older" }, Confirm(retained, "newer"));
    }

    [TestMethod]
    public void Best_OnlyNotANumber_IsNone()
    {
        var retained = Best(1, MonitorMode.Max);
        Add(retained, "a", double.NegativeInfinity, durable: true);

        Assert.IsNull(retained.Best);
        Assert.IsTrue(Admits(retained, 0.1), "any number is better");
    }

    [TestMethod]
    public void Admits_NoPlacesOrAllPlaces_NeverOrAlways()
    {
        var none = new RetainedCheckpoints(new KeepNone(), new CheckpointRanking(MonitorMode.Min));
        var all = new RetainedCheckpoints(new KeepAll(), new CheckpointRanking(MonitorMode.Min));
        Add(all, "a", 0.1, durable: true);

        Assert.IsFalse(Admits(none, 0.1));
        Assert.IsTrue(Admits(all, 0.9));
        Assert.IsTrue(Admits(all, double.NaN), "all are all");
    }

    [TestMethod]
    public void Confirm_EverySecondIsKept_LetsTheOthersGo()
    {
        var ranking = new CheckpointRanking(MonitorMode.Min);
        var retained = new RetainedCheckpoints(new KeepAny(new KeepBest(1, ranking), new KeepEveryNth(2)), ranking);
        List<string> removed = [];
        foreach (var (path, score) in new[] { ("1", 0.9), ("2", 0.8), ("3", 0.7), ("4", 0.6), ("5", 0.5) })
        {
            Add(retained, path, score, durable: false);
            removed.AddRange(Confirm(retained, path));
        }

        Assert.AreSequenceEqual(new[] { "1", "3" }, removed);
        Assert.AreSequenceEqual(new[] { "5", "4", "2" }, retained.Kept.Select(saved => saved.Path));
    }

    [TestMethod]
    public void Confirm_PolicyThatKeepsNothing_RemovesNothing()
    {
        var retained = new RetainedCheckpoints(new KeepNone(), new CheckpointRanking(MonitorMode.Min));
        Add(retained, "a", 0.1, durable: true);
        Add(retained, "b", 0.1, durable: false);

        Assert.IsEmpty(Confirm(retained, "b"), "the last valid one stays, whatever a policy says");
    }

    [TestMethod]
    public void Admits_BestZero_IsNone()
    {
        var ranking = new CheckpointRanking(MonitorMode.Min);

        Assert.IsFalse(Admits(new RetainedCheckpoints(new KeepBest(0, ranking), ranking), 0.1));
    }

    [TestMethod]
    public void Confirm_FileThatIsInPlaceOnlyAndAmongTheBest_Stays()
    {
        var retained = Best(2, MonitorMode.Min);
        Add(retained, "placed", 0.3, durable: false);
        _saves["placed"].TrySetFailed(new CheckpointException("the directory cannot be synced", "placed") { IsInPlace = true });
        Assert.IsEmpty(Withdraw(retained, "placed"));
        Add(retained, "worse", 0.5, durable: false);

        Assert.IsEmpty(Confirm(retained, "worse"));
        Assert.IsTrue(retained.Holds("placed"));
    }

    [TestMethod]
    public void Confirm_ReplacedFileIsBeingWrittenAnew_IsNotRemoved()
    {
        var retained = Best(1, MonitorMode.Min);
        Add(retained, "best", 0.5, durable: true);
        retained.Add(new SavedCheckpoint("best", 0.2, ++_number) { Operation = Source("newer").Operation });
        Add(retained, "other", 0.3, durable: false);

        Assert.IsEmpty(Confirm(retained, "other"), "the path belongs to the save that is on its way");
        Assert.IsTrue(retained.Holds("best"));
    }

    [TestMethod]
    public void Confirm_TwoSavesOfOnePath_CountsBoth()
    {
        var retained = Best(1, MonitorMode.Min);
        Add(retained, "best", 0.4, durable: false);
        retained.Add(new SavedCheckpoint("best", 0.3, ++_number) { Operation = Source("newer").Operation });

        Confirm(retained, "best");
        Assert.AreEqual(0.4, retained.Best!.Score);
        Confirm(retained, "newer");

        Assert.AreEqual(0.3, retained.Best.Score);
        Assert.HasCount(1, retained.All);
    }

    [TestMethod]
    public void MayReplace_FileThatIsStillKept_IsNot()
    {
        var retained = Best(2, MonitorMode.Min);
        Add(retained, "kept", 0.5, durable: true);

        Assert.IsFalse(retained.MayReplace("kept", new SavedCheckpoint(string.Empty, 0.4, 2)));
        Assert.IsFalse(retained.MayReplace("unknown", new SavedCheckpoint(string.Empty, 0.4, 2)));
    }

    [TestMethod]
    [DataRow(MonitorMode.Min, TieRule.Earliest, 0.4, 0.5, true)]
    [DataRow(MonitorMode.Min, TieRule.Earliest, 0.5, 0.4, false)]
    [DataRow(MonitorMode.Max, TieRule.Earliest, 0.5, 0.4, true)]
    [DataRow(MonitorMode.Max, TieRule.Earliest, 0.4, 0.5, false)]
    [DataRow(MonitorMode.Min, TieRule.Earliest, 0.4, 0.4, false)]
    [DataRow(MonitorMode.Min, TieRule.Latest, 0.4, 0.4, true)]
    [DataRow(MonitorMode.Max, TieRule.Latest, double.NaN, 0.4, false)]
    [DataRow(MonitorMode.Max, TieRule.Latest, double.NaN, double.NaN, true)]
    public void Improves_Values_GoesByModeAndTies(MonitorMode mode, TieRule ties, double value, double other, bool expected) =>
        Assert.AreEqual(expected, new CheckpointRanking(mode, ties).Improves(value, other));

    [TestMethod]
    public void LastCheckpoint_SaveUnderANewNameIsPending_HoldsTheDurableFileToo()
    {
        var last = new LastCheckpoint();
        Assert.AreEqual("a", last.Reserve("name-1", new RunPosition(1, 0, 1), _ => "a"));
        last.Asked(Source("a").Operation, ["best-1"]);
        _saves["a"].TrySetDurable(1, default, default);
        Assert.IsEmpty(last.Ended(_saves["a"].Operation));

        Assert.AreEqual("b", last.Reserve("name-2", new RunPosition(2, 0, 2), _ => "b"));
        last.Asked(Source("b").Operation, ["best-2"]);

        Assert.IsTrue(last.Holds("a"), "the newest durable one");
        Assert.IsTrue(last.Holds("b"), "the one on its way");
        Assert.IsFalse(last.IsAt(new RunPosition(3, 0, 3)));
        _saves["b"].TrySetFailed(new IOException("no space left"));
        last.Ended(_saves["b"].Operation);
        Assert.IsTrue(last.Names("best-1"), "the durable one names it");
        Assert.IsFalse(last.Names("best-2"));
        Assert.AreEqual("a", last.Path);
        Assert.AreEqual("a", last.Reserve("name-1", new RunPosition(3, 0, 3), _ => "c"), "its name is its own again");
        Assert.AreSequenceEqual(["a"], last.SetDurable("d", ["best-2"]));
        Assert.IsFalse(last.Names("best-1"));
    }

    private static RetainedCheckpoints Best(int count, MonitorMode mode) =>
        new(new KeepBest(count, new CheckpointRanking(mode)), new CheckpointRanking(mode));

    private bool Admits(RetainedCheckpoints retained, double score) =>
        retained.Admits(new SavedCheckpoint(string.Empty, score, _number + 1));

    private void Add(RetainedCheckpoints retained, string path, double score, bool durable)
    {
        retained.Add(new SavedCheckpoint(path, score, ++_number) { Operation = Source(path).Operation });
        if (durable)
        {
            Confirm(retained, path);
        }
    }

    private SaveOperationSource Source(string key) => _saves[key] = new SaveOperationSource(key);

    private IEnumerable<string> Confirm(RetainedCheckpoints retained, string key) =>
        retained.Confirm(_saves[key].Operation).Select(saved => saved.Path);

    private IEnumerable<string> Withdraw(RetainedCheckpoints retained, string key) =>
        retained.Withdraw(_saves[key].Operation).Select(saved => saved.Path);
}
