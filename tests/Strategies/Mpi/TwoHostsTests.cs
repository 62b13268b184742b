using System.Diagnostics;
using System.Runtime.Versioning;

namespace Fulgurite.Tests.Strategies.Mpi;

/// <summary>A training on two hosts whose connection is cut.</summary>
[TestClass]
[DoNotParallelize]
[SupportedOSPlatform("linux")]
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

        using (var launcher = MpiLauncher.StartByLauncher("ip", [.. hosts.Launcher, "dotnet", MpiLauncher.Program, parts, .. options]))
        {
            try
            {
                await UntilWithinASaveAsync(Path.Combine(parts, "last.ckpt"), launcher);
                hosts.SetLink(isUp: false);
                var reason = await ReasonAsync(launcher.StandardError, context.CancellationToken);

                Assert.Contains("Rank 0", reason);
                Assert.Contains("ends all processes: it waited", reason);
                await UntilEndedAsync(parts, context.CancellationToken);
            }
            finally
            {
                // The launcher itself may wait much longer for its daemon on the other host.
                launcher.Kill(entireProcessTree: true);
                hosts.End();
            }
        }

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
    private static async Task UntilWithinASaveAsync(string checkpoint, Process run)
    {
        var index = Path.Combine(checkpoint, "model.safetensors.index.json");
        while (!run.HasExited)
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

        Assert.Fail("The run ended before a second save.");
    }

    private static async Task<string> ReasonAsync(StreamReader errors, CancellationToken cancellation)
    {
        while (await errors.ReadLineAsync(cancellation) is { } line)
        {
            if (line.Contains("ends all processes", StringComparison.Ordinal))
            {
                return line;
            }
        }

        return "the launcher ended without a reason";
    }

    /// <summary>Waits until the processes of both hosts have ended.</summary>
    private static async Task UntilEndedAsync(string folder, CancellationToken cancellation)
    {
        while (Directory.EnumerateDirectories("/proc").Any(IsOfRun))
        {
            await Task.Delay(50, cancellation);
        }

        bool IsOfRun(string process)
        {
            try
            {
                var command = File.ReadAllText(Path.Combine(process, "cmdline"));
                return command.StartsWith("dotnet", StringComparison.Ordinal) && command.Contains(folder, StringComparison.Ordinal);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                return false;
            }
        }
    }
}
