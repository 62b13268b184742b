using Fulgurite.Callbacks;
using Fulgurite.Callbacks.Monitoring;
using Fulgurite.Callbacks.Retention;
using Fulgurite.IO;

namespace Fulgurite.Tests.Callbacks.ModelCheckpoints;

[TestClass]
public sealed class CheckpointShelfTests
{
    private readonly Dictionary<string, CheckpointTicketSource> _saves = new(StringComparer.Ordinal);
    private long _number;

    [TestMethod]
    public void Add_BetterThanTheWorst_RetiresItOnlyOnceDurable()
    {
        var shelf = Best(1, MonitorMode.Min);
        Add(shelf, "first", 0.5, durable: true);
        Add(shelf, "second", 0.4, durable: false);

        Assert.AreEqual("first", shelf.Best!.Path, "the better one is not there yet");
        Assert.AreSequenceEqual(new[] { "first" }, Confirm(shelf, "second"));
        Assert.AreEqual("second", shelf.Best.Path);
    }

    [TestMethod]
    public void Withdraw_FailedSave_GivesThePlaceBack()
    {
        var shelf = Best(2, MonitorMode.Max);
        Add(shelf, "a", 0.1, durable: true);
        Add(shelf, "b", 0.2, durable: true);
        Add(shelf, "c", 0.3, durable: false);
        Assert.AreSequenceEqual(new[] { "c", "b" }, shelf.Kept.Select(saved => saved.Path));

        Withdraw(shelf, "c");

        Assert.AreSequenceEqual(new[] { "b", "a" }, shelf.Kept.Select(saved => saved.Path));
        Assert.IsTrue(Admits(shelf, 0.15), "a is the worst again");
        Assert.IsFalse(Admits(shelf, 0.05));
    }

    [TestMethod]
    public void Withdraw_SupersededSave_LeavesItsSuccessorAndTheDurableOne()
    {
        var shelf = Best(1, MonitorMode.Max);
        Add(shelf, "a", 0.1, durable: true);
        Add(shelf, "b", 0.2, durable: false);
        Add(shelf, "c", 0.3, durable: false);

        Withdraw(shelf, "b");
        Assert.AreEqual("a", shelf.Best!.Path);

        Assert.AreSequenceEqual(new[] { "a" }, Confirm(shelf, "c"));
    }

    [TestMethod]
    public void Confirm_WhileABetterOneIsOnItsWay_LetsGoWhatTheDurableOnesReplace()
    {
        var shelf = Best(2, MonitorMode.Min);
        Add(shelf, "a", 5, durable: true);
        Add(shelf, "b", 6, durable: true);
        Add(shelf, "c", 4, durable: false);
        Add(shelf, "d", 3, durable: false);

        Assert.AreSequenceEqual(new[] { "b" }, Confirm(shelf, "d"), "a stays: c may come to nothing");
        Assert.IsEmpty(Withdraw(shelf, "c"));
        Assert.AreSequenceEqual(new[] { "d", "a" }, shelf.Kept.Select(saved => saved.Path));
    }

    [TestMethod]
    public void Confirm_AlwaysABetterOneOnItsWay_KeepsNoMoreThanThePlaces()
    {
        var shelf = Best(1, MonitorMode.Min);
        Add(shelf, "0", 100, durable: true);
        List<string> removed = [];
        for (var number = 1; number < 20; number++)
        {
            // Storage never catches up: when a save is durable the next one waits already.
            Add(shelf, $"{number}", 100 - number, durable: false);
            if (number > 1)
            {
                removed.AddRange(Confirm(shelf, $"{number - 1}"));
            }
        }

        Assert.AreSequenceEqual(Enumerable.Range(0, 18).Select(number => $"{number}"), removed);
        Assert.HasCount(2, shelf.All);
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
        var shelf = Best(2, MonitorMode.Min);

        shelf.TakeOver(
            [new("a", 5, 1), new("b", 4, 2), new("c", 3, 3), new("d", 2, 4)],
            path => path is not "c" and not "a");

        Assert.AreSequenceEqual(new[] { "d", "b" }, shelf.Kept.Select(saved => saved.Path));
        Assert.AreEqual("d", shelf.Best!.Path);
        Assert.AreSequenceEqual(new[] { "a" }, shelf.Replaced.Select(saved => saved.Path), "b counts again");
    }

    [TestMethod]
    public void Confirm_OnePathTwice_RemovesNoFile()
    {
        var shelf = Best(1, MonitorMode.Min);
        Add(shelf, "best", 0.5, durable: true);
        Assert.IsTrue(shelf.MayReplace("best", new SavedCheckpoint(string.Empty, 0.4, 2)));
        shelf.Add(new SavedCheckpoint("best", 0.4, 2) { Ticket = Source("newer").Ticket });

        Assert.IsEmpty(Confirm(shelf, "newer"));
        Assert.AreEqual(0.4, shelf.Best!.Score);
        Assert.HasCount(1, shelf.Kept);
    }

    [TestMethod]
    public void Withdraw_OnePathTwice_KeepsTheOldFile()
    {
        var shelf = Best(1, MonitorMode.Min);
        Add(shelf, "best", 0.5, durable: true);
        shelf.Add(new SavedCheckpoint("best", 0.4, 2) { Ticket = Source("newer").Ticket });

        Assert.IsEmpty(Withdraw(shelf, "newer"));

        Assert.AreEqual(0.5, shelf.Best!.Score);
        Assert.IsTrue(shelf.Holds("best"));
    }

    [TestMethod]
    [DataRow(double.NaN, false, DisplayName = "NaN")]
    [DataRow(0.5, false, DisplayName = "tie")]
    [DataRow(0.6, false, DisplayName = "worse")]
    [DataRow(0.4, true, DisplayName = "better")]
    public void Admits_FullListByMin_OnlyBetterOnes(double score, bool expected)
    {
        var shelf = Best(1, MonitorMode.Min);
        Add(shelf, "kept", 0.5, durable: true);

        Assert.AreEqual(expected, Admits(shelf, score));
    }

    [TestMethod]
    public void Admits_TieByLatest_ReplacesTheOlderOne()
    {
        var shelf = new CheckpointShelf(new KeepBest(1, new CheckpointRanking(MonitorMode.Min, TieRule.Latest)), new CheckpointRanking(MonitorMode.Min, TieRule.Latest));
        Add(shelf, "older", 0.5, durable: true);
        Assert.IsTrue(Admits(shelf, 0.5));

        Add(shelf, "newer", 0.5, durable: false);

        Assert.AreSequenceEqual(new[] { "older" }, Confirm(shelf, "newer"));
    }

    [TestMethod]
    public void Best_OnlyNotANumber_IsNone()
    {
        var shelf = Best(1, MonitorMode.Max);
        Add(shelf, "a", double.NegativeInfinity, durable: true);

        Assert.IsNull(shelf.Best);
        Assert.IsTrue(Admits(shelf, 0.1), "any number is better");
    }

    [TestMethod]
    public void Admits_NoPlacesOrAllPlaces_NeverOrAlways()
    {
        var none = new CheckpointShelf(new KeepNone(), new CheckpointRanking(MonitorMode.Min));
        var all = new CheckpointShelf(new KeepAll(), new CheckpointRanking(MonitorMode.Min));
        Add(all, "a", 0.1, durable: true);

        Assert.IsFalse(Admits(none, 0.1));
        Assert.IsTrue(Admits(all, 0.9));
        Assert.IsTrue(Admits(all, double.NaN), "all are all");
    }

    [TestMethod]
    public void Confirm_EverySecondIsKept_LetsTheOthersGo()
    {
        var ranking = new CheckpointRanking(MonitorMode.Min);
        var shelf = new CheckpointShelf(new KeepAny(new KeepBest(1, ranking), new KeepEveryNth(2)), ranking);
        List<string> removed = [];
        foreach (var (path, score) in new[] { ("1", 0.9), ("2", 0.8), ("3", 0.7), ("4", 0.6), ("5", 0.5) })
        {
            Add(shelf, path, score, durable: false);
            removed.AddRange(Confirm(shelf, path));
        }

        Assert.AreSequenceEqual(new[] { "1", "3" }, removed);
        Assert.AreSequenceEqual(new[] { "5", "4", "2" }, shelf.Kept.Select(saved => saved.Path));
    }

    [TestMethod]
    public void Confirm_PolicyThatKeepsNothing_RemovesNothing()
    {
        var shelf = new CheckpointShelf(new KeepNone(), new CheckpointRanking(MonitorMode.Min));
        Add(shelf, "a", 0.1, durable: true);
        Add(shelf, "b", 0.1, durable: false);

        Assert.IsEmpty(Confirm(shelf, "b"), "the last valid one stays, whatever a policy says");
    }

    private static CheckpointShelf Best(int count, MonitorMode mode) => new(new KeepBest(count, new CheckpointRanking(mode)), new CheckpointRanking(mode));

    private bool Admits(CheckpointShelf shelf, double score) => shelf.Admits(new SavedCheckpoint(string.Empty, score, _number + 1));

    private void Add(CheckpointShelf shelf, string path, double score, bool durable)
    {
        shelf.Add(new SavedCheckpoint(path, score, ++_number) { Ticket = Source(path).Ticket });
        if (durable)
        {
            Confirm(shelf, path);
        }
    }

    private CheckpointTicketSource Source(string key) => _saves[key] = new CheckpointTicketSource(key);

    private IEnumerable<string> Confirm(CheckpointShelf shelf, string key) => shelf.Confirm(_saves[key].Ticket).Select(saved => saved.Path);

    private IEnumerable<string> Withdraw(CheckpointShelf shelf, string key) => shelf.Withdraw(_saves[key].Ticket).Select(saved => saved.Path);
}
