using System.Diagnostics;

namespace Fulgurite.Tests.Strategies.Mpi;

/// <summary>A training on two hosts whose connection is cut.</summary>
[TestClass]
[DoNotParallelize]
[OSCondition(OperatingSystems.Linux)]
public sealed class TwoHostsTests(TestContext context)
{
    private string Folder => context.TestTempDirectory ?? throw new InvalidOperationException("No folder for this test.");

    [TestMethod]
    [Timeout(300000, CooperativeCancellation = true)]
    public async Task Fit_ConnectionIsCutWithinASave_EndsWithAReasonAndResumesExactly()
    {
        using var hosts = TwoHosts.Create(Folder);
        var (whole, parts) = (Directory.CreateDirectory(Path.Combine(Folder, "whole")).FullName,
            Directory.CreateDirectory(Path.Combine(Folder, "parts")).FullName);
        string[] options = ["60", "sharded", "every=1", "timeout=5"];
        var undisturbed = await MpiLauncher.RunAsync("openmpi", 2, context.CancellationToken, [whole, .. options]);
        Assert.AreEqual(0, undisturbed.ExitCode, undisturbed.Output);

        var cut = MpiLauncher.RunAsync(hosts.Launcher, context.CancellationToken, [parts, .. options]);
        await UntilWithinASaveAsync(Path.Combine(parts, "last.ckpt"), cut);
        hosts.SetLink(isUp: false);
        var start = Stopwatch.GetTimestamp();
        var run = await cut;

        Assert.AreNotEqual(0, run.ExitCode, run.Output);
        Assert.Contains("ends all processes: it waited 5 s", run.Output);
        Assert.IsLessThan(TimeSpan.FromSeconds(90), Stopwatch.GetElapsedTime(start));
        await using (var io = new ShardedCheckpointIO())
        {
            await io.VerifyAsync(Path.Combine(parts, "last.ckpt"), context.CancellationToken);
        }

        hosts.SetLink(isUp: true);
        var resumed = await MpiLauncher.RunAsync(hosts.Launcher, context.CancellationToken, [parts, .. options, "resume"]);
        Assert.AreEqual(0, resumed.ExitCode, resumed.Output);
        Assert.AreEqual(
            await File.ReadAllTextAsync(Path.Combine(whole, "weights-0.txt")),
            await File.ReadAllTextAsync(Path.Combine(parts, "weights-0.txt")));
    }

    /// <summary>Waits until there is a checkpoint, and a part of the next one.</summary>
    private static async Task UntilWithinASaveAsync(string checkpoint, Task run)
    {
        var index = Path.Combine(checkpoint, "model.safetensors.index.json");
        while (!run.IsCompleted)
        {
            if (File.Exists(index))
            {
                var content = await File.ReadAllTextAsync(index);
                if (Directory.EnumerateFiles(checkpoint, "state-*.safetensors").Any(
                    part => !content.Contains(Path.GetFileName(part), StringComparison.Ordinal)))
                {
                    return;
                }
            }

            await Task.Delay(1);
        }

        await run;
        Assert.Fail("The run ended before a second save.");
    }
}
