using Microsoft.Extensions.Time.Testing;

namespace Fulgurite.Tests.Strategies.Mpi;

/// <summary>The watch over collective operations, by a clock of the test.</summary>
[TestClass]
public sealed class MpiWatchTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly List<string> _reports = [];
    private readonly List<string> _aborts = [];
    private readonly MpiWatch _watch;

    public MpiWatchTests() => _watch = new MpiWatch(
        3, new MpiStrategyOptions { ReportAfter = TimeSpan.FromSeconds(2), Timeout = TimeSpan.FromSeconds(5) }, _reports.Add, _aborts.Add,
        _time);

    [TestMethod]
    public void Run_CallTakesLong_IsReportedAndEndsAllAfterTheLimit()
    {
        _watch.Run("a sum", () =>
        {
            _time.Advance(TimeSpan.FromSeconds(1.9));
            Assert.IsEmpty(_reports);
            _time.Advance(TimeSpan.FromSeconds(0.1));
            Assert.AreSequenceEqual(["Rank 3 has waited 2 s in a sum for another rank"], _reports);
            _time.Advance(TimeSpan.FromSeconds(2.9));
            Assert.IsEmpty(_aborts);
            _time.Advance(TimeSpan.FromSeconds(0.1));
        });

        Assert.ContainsSingle(_reports);
        Assert.Contains("it waited 5 s in a sum for another rank", Assert.ContainsSingle(_aborts));
    }

    [TestMethod]
    public void Run_CallThrows_IsNotWatchedAnyMore()
    {
        Assert.ThrowsExactly<InvalidOperationException>(
            () => _watch.Run("a sum", () => throw new InvalidOperationException("The other process has gone.")));

        _time.Advance(TimeSpan.FromHours(1));
        Assert.IsEmpty(_reports);
        Assert.IsEmpty(_aborts);
    }

    [TestMethod]
    public void Run_AfterACallThatThrows_CountsFromItsOwnStart()
    {
        Assert.ThrowsExactly<InvalidOperationException>(() => _watch.Run("a sum", () =>
        {
            _time.Advance(TimeSpan.FromSeconds(3));
            throw new InvalidOperationException("The other process has gone.");
        }));
        Assert.ContainsSingle(_reports);

        _watch.Run("a broadcast", () =>
        {
            _time.Advance(TimeSpan.FromSeconds(1.9));
            Assert.ContainsSingle(_reports);
            _time.Advance(TimeSpan.FromSeconds(0.1));
            Assert.AreEqual("Rank 3 has waited 2 s in a broadcast for another rank", _reports[^1]);
        });
        Assert.IsEmpty(_aborts);
    }
}
