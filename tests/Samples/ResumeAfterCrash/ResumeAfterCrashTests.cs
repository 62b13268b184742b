using System.Text.RegularExpressions;

namespace Fulgurite.Tests.Samples.ResumeAfterCrash;

/// <summary>samples/ResumeAfterCrash: a training that is killed and goes on.</summary>
[TestClass]
[OSCondition(OperatingSystems.Linux)]
public sealed class ResumeAfterCrashTests(TestContext context)
{
    [TestMethod]
    [Timeout(120000, CooperativeCancellation = true)]
    public async Task Run_KilledInTheMiddle_EndsWithTheWeightsOfARunNeverStopped()
    {
        using var folder = new TemporaryFolder();

        var run = await SampleRun.Of("ResumeAfterCrash", folder.Path, context.CancellationToken, "113");

        Assert.AreEqual(0, run.ExitCode, run.ToString());
        var lines = run.Output.Split('\n').Select(line => line.Trim()).ToList();
        var hashes = lines.Where(line => line.StartsWith("weights ", StringComparison.Ordinal)).ToList();
        Assert.HasCount(2, hashes, run.ToString());
        Assert.AreEqual(hashes[0], hashes[1]);
        Assert.HasCount(1, lines.Where(line => line == "exit code 137").ToList(), "killed by SIGKILL, once");
        Assert.HasCount(2, lines.Where(line => line == "starts from the beginning").ToList());

        // Mostly last.ckpt; the file that it was to be another name of, where the process was killed between the two.
        var resumed = lines.Single(line => line.StartsWith("resumes from ", StringComparison.Ordinal));
        StringAssert.Matches(
            resumed,
            new Regex(
                @"^resumes from (last|epoch=\d+-step=\d+)\.ckpt, after step \d+$", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1)));
        Assert.IsInRange(1, 113, int.Parse(resumed.Split(' ')[^1], null));
    }
}
