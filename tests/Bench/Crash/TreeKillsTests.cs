using Fulgurite.Bench.Crash;

namespace Fulgurite.Tests.Bench.Crash;

/// <summary>Killed trainings of a label tree: three kills by default, a hundred with FULGURITE_SLOW=1.</summary>
[TestClass]
[OSCondition(OperatingSystems.Linux)]
public sealed class TreeKillsTests(TestContext context)
{
    [TestMethod]
    [Timeout(3_600_000)]
    public async Task Run_KilledAtAnyLevel_EndsInTheSameBits()
    {
        var tally = new CrashTally();
        var folder = context.TestTempDirectory ?? throw new InvalidOperationException("No folder for this test.");
        var count = Slow.IsOn ? 100 : 3;

        var (kills, _) = await new TreeKills(folder, tally).RunAsync(count, seed: 1);

        Assert.AreEqual(count, tally.Kills);
        Assert.AreEqual(count, kills.Values.Sum());
        Assert.AreEqual(0, tally.Mismatched);
    }
}
