using Fulgurite.Bench.Crash;

namespace Fulgurite.Tests.Bench.Crash;

/// <summary>Killed trainings of a label tree: a hundred kills with FULGURITE_SLOW=1.</summary>
[TestClass]
[OSCondition(OperatingSystems.Linux)]
public sealed class TreeKillsTests(TestContext context)
{
    [TestMethod]
    [Timeout(3_600_000)]
    public async Task Run_KilledAtAnyLevel_EndsInTheSameBits()
    {
        if (!Slow.IsOn)
        {
            Assert.Inconclusive("Set FULGURITE_SLOW=1 to kill many trainings.");
        }

        const int Count = 100;
        var tally = new CrashTally();
        var folder = context.TestTempDirectory ?? throw new InvalidOperationException("No folder for this test.");
        var (kills, trainings, withoutBest) = await new TreeKills(folder, tally).RunAsync(Count, seed: 1);

        Assert.AreEqual(Count, tally.Kills);
        Assert.AreEqual(Count, kills.Values.Sum());
        Assert.AreEqual(0, tally.Failures);

        // A kill may come when a later last was written before a best that still waits: then another best of the run takes its place.
        Assert.IsLessThanOrEqualTo(trainings / 10, withoutBest);
    }
}
