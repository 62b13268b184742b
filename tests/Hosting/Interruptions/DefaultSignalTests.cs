using System.Diagnostics;
using System.Globalization;

namespace Fulgurite.Tests.Hosting.Interruptions;

/// <summary>Real signals for a program that handles none: the trainer does, unless it is told not to.</summary>
[TestClass]
[DoNotParallelize]
[OSCondition(OperatingSystems.Linux)]
public sealed class DefaultSignalTests(TestContext context)
{
    private string Folder => context.TestTempDirectory ?? throw new InvalidOperationException("No folder for this test.");

    [TestMethod]
    [DataRow("INT", 130, "Ctrl-C")]
    [DataRow("TERM", 143, "SIGTERM")]
    [Timeout(120000, CooperativeCancellation = true)]
    public async Task Signal_WithoutAToken_SavesStatesItAndResumes(string signal, int code, string cause)
    {
        var (exit, output) = await InterruptAsync(signal, Folder, "1000000", "wait");

        Assert.AreEqual(code, exit, output);
        Assert.Contains("Stopping after this step", output);
        Assert.MatchesRegex($"Stopped by {cause} after step [0-9]+ \\(epoch 1\\)\\.", output);
        Assert.Contains("The newest checkpoint is", output);
        Assert.DoesNotContain("not saved", output);
        Assert.Contains("unless it tests result.IsInterrupted", output);
        Assert.MatchesRegex("after the fit: True at step [0-9]+", output);
        Assert.Contains("after the fit: False at step", await RunAsync(Folder, "10000"));
    }

    [TestMethod]
    [Timeout(120000, CooperativeCancellation = true)]
    public async Task CtrlC_OwnCallbackDoesNotSave_SaysHowManyStepsAreLost()
    {
        var (exit, output) = await InterruptAsync("INT", Folder, "1000000", "wait", "own");

        Assert.AreEqual(130, exit, output);
        Assert.Contains("fifth.ckpt", output);
        Assert.MatchesRegex("[0-9]+ steps since it are not saved\\.\nTo save on an interruption, add builder.AddOnExc", output);
    }

    [TestMethod]
    [DataRow("INT", 130)]
    [DataRow("TERM", 143)]
    [Timeout(120000, CooperativeCancellation = true)]
    public async Task Signal_StopOnSignalsIsFalse_EndsTheProcessAtOnce(string signal, int code)
    {
        var (exit, output) = await InterruptAsync(signal, Folder, "1000000", "wait", "off");

        Assert.AreEqual(code, exit, output);
        Assert.DoesNotContain("Stop", output);
        Assert.DoesNotContain("after the fit", output);
    }

    private async Task<(int Exit, string Output)> InterruptAsync(string signal, params string[] arguments)
    {
        using var process = Start(arguments);
        while (await process.StandardOutput.ReadLineAsync(context.CancellationToken) is { } line && line != "ready")
        {
        }

        using var kill = Process.Start("kill", ["-s", signal, process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync(context.CancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(context.CancellationToken);
        await process.WaitForExitAsync(context.CancellationToken);
        return (process.ExitCode, output);
    }

    private async Task<string> RunAsync(params string[] arguments)
    {
        using var process = Start(arguments);
        return await process.StandardOutput.ReadToEndAsync(context.CancellationToken);
    }

    private static Process Start(string[] arguments) => Process.Start(new ProcessStartInfo(
        "sh",
        [
            "-c", "exec env --default-signal=INT,TERM dotnet \"$@\" 2>&1", "sh",
            Path.Combine(AppContext.BaseDirectory, "Interruptible.dll"), "defaults", .. arguments,
        ])
    {
        UseShellExecute = false,
        RedirectStandardOutput = true,
    })!;
}
