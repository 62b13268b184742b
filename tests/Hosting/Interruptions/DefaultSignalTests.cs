using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Fulgurite.Tests.Hosting.Interruptions;

/// <summary>Real signals for a program that handles none: the trainer does, unless it is told not to.</summary>
[TestClass]
[DoNotParallelize]
[OSCondition(OperatingSystems.Linux)]
public sealed partial class DefaultSignalTests(TestContext context)
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
        var step = Step().Match(output).Groups["step"];
        Assert.IsTrue(step.Success, output);
        var steps = int.Parse(step.Value, CultureInfo.InvariantCulture) + 10;
        Assert.Contains($"after the fit: False at step {steps}", await RunAsync(Folder, $"{steps}"));
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
    [DataRow("INT", "; press Ctrl-C again to stop at once.", "the second Ctrl-C")]
    [DataRow("TERM", " (SIGTERM).", "Ctrl-C")]
    [Timeout(120000, CooperativeCancellation = true)]
    public async Task CtrlC_AfterASignalDuringAStep_EndsAtOnceAndStatesWhatIsSaved(string first, string answer, string cause)
    {
        using var process = Start([Folder, "1000000", "stuck"]);
        await ReadUntilAsync(process, "ready");
        await SendAsync(first, process);
        await ReadUntilAsync(process, $"Stopping after this step{answer}");
        await SendAsync("INT", process);
        var output = await process.StandardOutput.ReadToEndAsync(context.CancellationToken);
        await process.WaitForExitAsync(context.CancellationToken);

        Assert.AreEqual(130, process.ExitCode, output);
        Assert.Contains($"Ended by {cause} at step 20, without waiting for pending saves.", output);
        Assert.MatchesRegex("The newest confirmed checkpoint is .*last\\.ckpt \\(step (10|15|20)\\)\\.\nTo continue, ", output);
        Assert.DoesNotContain("after the fit", output);
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
        await ReadUntilAsync(process, "ready");
        await SendAsync(signal, process);
        var output = await process.StandardOutput.ReadToEndAsync(context.CancellationToken);
        await process.WaitForExitAsync(context.CancellationToken);
        return (process.ExitCode, output);
    }

    private async Task ReadUntilAsync(Process process, string expected)
    {
        while (await process.StandardOutput.ReadLineAsync(context.CancellationToken) is { } line && line != expected)
        {
        }
    }

    private async Task SendAsync(string signal, Process process)
    {
        using var kill = Process.Start("kill", ["-s", signal, process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync(context.CancellationToken);
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

    [GeneratedRegex("after the fit: True at step (?<step>[0-9]+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Step();
}
