using Fulgurite.Bench.Crash;

namespace Fulgurite.Tests.Bench.Crash;

/// <summary>Killed processes of a training of two: a few by default, 200 with FULGURITE_SLOW=1.</summary>
[TestClass]
[OSCondition(OperatingSystems.Linux)]
public sealed class RanksRunTests(TestContext context)
{
    [TestMethod]
    [Timeout(7_200_000)]
    public async Task Run_KilledRanks_LoseNothingAndEndInTheSameBits()
    {
        if (RanksRun.Installed.Count == 0)
        {
            const string Message = "There is no mpirun; eng/mpi.sh installs it.";
            throw string.Equals(Environment.GetEnvironmentVariable("FULGURITE_CI"), "1", StringComparison.Ordinal)
                ? new AssertFailedException(Message)
                : new AssertInconclusiveException(Message);
        }

        var tally = new CrashTally();
        var kills = Slow.IsOn ? 200 : 1;
        var reports = new List<int>();

        await new RanksRun(context.TestTempDirectory!, tally, 2, RanksRun.Installed).RunAsync(
            kills, seed: 1, more => reports.Add((int)more["trainings"]!));

        Assert.IsGreaterThanOrEqualTo(kills, tally.Kills);
        Assert.AreEqual((0, 0, 0), (tally.Unreadable, tally.Lost, tally.Mismatched));
        Assert.AreSequenceEqual(Enumerable.Range(1, reports.Count), reports, "A report after each training.");
    }
}
