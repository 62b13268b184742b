using Fulgurite.Callbacks;

namespace Fulgurite.Tests.Callbacks;

[TestClass]
public sealed class TopKTests
{
    [TestMethod]
    public void Reserve_BetterThanTheWorst_RetiresItOnlyOnceDurable()
    {
        var top = new TopK(1, MonitorMode.Min);
        Reserve(top, "first", 0.5, durable: true);
        Reserve(top, "second", 0.4, durable: false);

        Assert.AreEqual("first", top.Best!.Path, "the better one is not there yet");
        Assert.AreSequenceEqual(new[] { "first" }, top.Confirm("second").Select(saved => saved.Path));
        Assert.AreEqual("second", top.Best.Path);
    }

    [TestMethod]
    public void Withdraw_FailedSave_GivesThePlaceBack()
    {
        var top = new TopK(2, MonitorMode.Max);
        Reserve(top, "a", 0.1, durable: true);
        Reserve(top, "b", 0.2, durable: true);
        Reserve(top, "c", 0.3, durable: false);
        Assert.AreSequenceEqual(new[] { "c", "b" }, top.Kept.Select(saved => saved.Path));

        top.Withdraw("c");

        Assert.AreSequenceEqual(new[] { "b", "a" }, top.Kept.Select(saved => saved.Path));
        Assert.IsTrue(top.Admits(0.15), "a is the worst again");
        Assert.IsFalse(top.Admits(0.05));
    }

    [TestMethod]
    public void Withdraw_SupersededSave_LeavesItsSuccessorAndTheDurableOne()
    {
        var top = new TopK(1, MonitorMode.Max);
        Reserve(top, "a", 0.1, durable: true);
        Reserve(top, "b", 0.2, durable: false);
        Reserve(top, "c", 0.3, durable: false);

        top.Withdraw("b");
        Assert.AreEqual("a", top.Best!.Path);

        Assert.AreSequenceEqual(new[] { "a" }, top.Confirm("c").Select(saved => saved.Path));
    }

    [TestMethod]
    public void Withdraw_TheLastOneThatWasWaitedFor_LetsTheReplacedOnesGo()
    {
        var top = new TopK(2, MonitorMode.Min);
        Reserve(top, "a", 5, durable: true);
        Reserve(top, "b", 6, durable: true);
        Reserve(top, "c", 4, durable: false);
        Reserve(top, "d", 3, durable: false);
        Assert.IsEmpty(top.Confirm("d"));

        Assert.AreSequenceEqual(new[] { "b" }, top.Withdraw("c").Select(saved => saved.Path));
        Assert.AreSequenceEqual(new[] { "d", "a" }, top.Kept.Select(saved => saved.Path));
    }

    [TestMethod]
    [DataRow(double.NaN, false, DisplayName = "NaN")]
    [DataRow(0.5, false, DisplayName = "tie")]
    [DataRow(0.6, false, DisplayName = "worse")]
    [DataRow(0.4, true, DisplayName = "better")]
    public void Admits_FullListByMin_OnlyBetterOnes(double score, bool expected)
    {
        var top = new TopK(1, MonitorMode.Min);
        Reserve(top, "kept", 0.5, durable: true);

        Assert.AreEqual(expected, top.Admits(score));
    }

    [TestMethod]
    public void Admits_NoPlacesOrAllPlaces_NeverOrAlways()
    {
        var none = new TopK(0, MonitorMode.Min);
        var all = new TopK(-1, MonitorMode.Min);
        Reserve(all, "a", 0.1, durable: true);

        Assert.IsFalse(none.Admits(0.1));
        Assert.IsTrue(all.Admits(0.9));
        Assert.IsFalse(all.Admits(double.NaN));
    }

    private static void Reserve(TopK top, string path, double score, bool durable)
    {
        top.Reserve(new SavedCheckpoint(path, score));
        if (durable)
        {
            top.Confirm(path);
        }
    }
}
