using System.Diagnostics;
using System.Globalization;

namespace Fulgurite.Tests.Hosting.Training;

/// <summary>The sample with a host and plug-ins of another package, run as a process of its own.</summary>
[TestClass]
[DoNotParallelize]
[OSCondition(OperatingSystems.Linux)]
public sealed class HostedSampleTests(TestContext context)
{
    private string Folder => context.TestTempDirectory ?? throw new InvalidOperationException("No folder for this test.");

    [TestMethod]
    [Timeout(120000, CooperativeCancellation = true)]
    public async Task Run_UntilTheCallbackOfThePluginStopsIt_ExitsWithZeroAndMirrorsEveryName()
    {
        using var sample = Start("--Trainer:Callbacks:1:Value=0.2");

        var output = await sample.StandardOutput.ReadToEndAsync(context.CancellationToken);
        await sample.WaitForExitAsync(context.CancellationToken);

        Assert.AreEqual(0, sample.ExitCode, output);
        Assert.AreSequenceEqual(Names("checkpoints"), Names("mirror"), output);
        Assert.Contains("last.ckpt", Names("mirror"));
    }

    [TestMethod]
    [DataRow("TERM", 143)]
    [DataRow("INT", 130)]
    [Timeout(120000, CooperativeCancellation = true)]
    public async Task Run_Signalled_SavesAndExitsWithTheCodeOfTheSignalAndGoesOnLater(string signal, int code)
    {
        using (var sample = Start("--Trainer:Callbacks:1:Value=-1", "--Trainer:MaxEpochs=1000000"))
        {
            await ReadUntil(sample, "val_loss is");
            using var kill = Process.Start("kill", [$"-{signal}", sample.Id.ToString(CultureInfo.InvariantCulture)]);
            var output = await sample.StandardOutput.ReadToEndAsync(context.CancellationToken);
            await sample.WaitForExitAsync(context.CancellationToken);

            Assert.AreEqual(code, sample.ExitCode, output);
            Assert.Contains("SineModule ended: Cancelled", output);
        }

        Assert.Contains("last.ckpt", Names("checkpoints"));

        using var again = Start("--Trainer:Callbacks:1:Value=1000");
        var resumed = await again.StandardOutput.ReadToEndAsync(context.CancellationToken);
        await again.WaitForExitAsync(context.CancellationToken);
        Assert.AreEqual(0, again.ExitCode, resumed);
        Assert.Contains("SineModule goes on from", resumed);
    }

    [TestMethod]
    [Timeout(120000, CooperativeCancellation = true)]
    public async Task Run_WrongConfiguration_SaysEverythingAndExitsWithAnError()
    {
        using var sample = Start("--Trainer:MaxEpoch=3", "--Trainer:Strategy:Threads=0", "--Trainer:CheckpointIO:1:Folder=");
        var error = sample.StandardError.ReadToEndAsync(context.CancellationToken);

        await sample.StandardOutput.ReadToEndAsync(context.CancellationToken);
        await sample.WaitForExitAsync(context.CancellationToken);

        Assert.AreNotEqual(0, sample.ExitCode);
        Assert.Contains(
            "ThreadedOptions.Threads is 0; allowed is 1 to 1024.; MirrorOptions.Folder is ''; it must be given.; Trainer:MaxEpoch is no "
                + "option. Did you mean MaxEpochs?",
            await error);
    }

    private Process Start(params string[] arguments)
    {
        // A shell in the background starts its children deaf to SIGINT; env undoes that.
        var start = new ProcessStartInfo(
            "env",
            [
                "--default-signal=INT",
                "dotnet",
                Path.Combine(AppContext.BaseDirectory, "HostedTraining.dll"),
                $"--Trainer:DefaultRootDirectory={Folder}",
                $"--Trainer:CheckpointIO:1:Folder={Path.Combine(Folder, "mirror")}",
                .. arguments,
            ])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Folder,
        };
        return Process.Start(start) ?? throw new InvalidOperationException("The sample did not start.");
    }

    private async Task ReadUntil(Process process, string text)
    {
        while (await process.StandardOutput.ReadLineAsync(context.CancellationToken) is { } line)
        {
            if (line.Contains(text, StringComparison.Ordinal))
            {
                return;
            }
        }

        Assert.Fail($"The sample ended before it said '{text}': {await process.StandardError.ReadToEndAsync(context.CancellationToken)}");
    }

    private List<string> Names(string folder) =>
        [.. Directory.EnumerateFiles(Path.Combine(Folder, folder)).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];
}
