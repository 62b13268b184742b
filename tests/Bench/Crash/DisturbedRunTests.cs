using Fulgurite.Bench.Crash;

namespace Fulgurite.Tests.Bench.Crash;

/// <summary>
/// Failing calls, killed and otherwise disturbed trainings, and thin disks: a few by default, many with FULGURITE_SLOW=1.
/// </summary>
[TestClass]
[OSCondition(OperatingSystems.Linux)]
public sealed class DisturbedRunTests(TestContext context)
{
    private string Folder => context.TestTempDirectory ?? throw new InvalidOperationException("No folder for this test.");

    [TestMethod]
    [Timeout(1_800_000)]
    public async Task Run_EveryCallOfASaveFails_IsReportedAndLosesNothing()
    {
        var tally = new CrashTally();

        await new FaultRun(Folder, tally).RunAsync(Slow.IsOn ? FaultRun.Errors : [28]);

        Assert.IsGreaterThan(100, tally.Faults);
        HasNoFailures(tally);
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    [Timeout(1_800_000)]
    public async Task Run_KilledTrainings_LoseNothingAndEndInTheSameBits(bool isFused)
    {
        var tally = new CrashTally();
        var count = Slow.IsOn ? 200 : 2;

        await new DisturbedRun(Folder, tally, await DisturbedRun.ReferenceAsync(isFused), isFused).RunAsync(
            count, seed: 1, parallel: 1, Disturbance.Kill);

        Assert.IsGreaterThanOrEqualTo(count, tally.Kills);
        HasNoFailures(tally);
    }

    [TestMethod]
    [Timeout(1_800_000)]
    public async Task Run_OtherDisturbances_LoseNothing()
    {
        if (!Slow.IsOn)
        {
            Assert.Inconclusive("Set FULGURITE_SLOW=1 to disturb many processes.");
        }

        var tally = new CrashTally();
        var run = new DisturbedRun(Folder, tally, await DisturbedRun.ReferenceAsync());
        foreach (var disturbance in Enum.GetValues<Disturbance>().Except([Disturbance.Kill]))
        {
            await run.RunAsync(tally.Kills + 4, seed: 1, parallel: 1, disturbance);
        }

        HasNoFailures(tally);
    }

    [TestMethod]
    public async Task Run_ThinDisks_LoseNothingThatWasReportedDurable()
    {
        var tally = new CrashTally();

        var (disks, failed) = await new ThinDiskRun(Folder, tally).RunAsync(Slow.IsOn ? 200 : 4, seed: 1);

        if (disks == 0)
        {
            Assert.Inconclusive("Nothing may be mounted here.");
        }

        Assert.IsGreaterThan(0, failed);
        HasNoFailures(tally);
    }

    [TestMethod]
    public async Task Run_Soak_HoldsNoMoreAtTheEnd()
    {
        var tally = new CrashTally();

        await SoakRun.RunAsync(Folder, Slow.IsOn ? 100_000 : 200, tally);

        HasNoFailures(tally);
    }

    private static void HasNoFailures(CrashTally tally) => Assert.AreEqual((0, 0, 0), (tally.Unreadable, tally.Lost, tally.Mismatched));
}
