using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Fulgurite.Tests.Samples.AttentionXml.Run;

/// <summary>The real process and real signals.</summary>
[TestClass]
public sealed partial class InterruptionTests : ApplicationTest
{
    [TestMethod]
    [DataRow("INT", 130)]
    [DataRow("TERM", 143)]
    public void Signal_DuringTraining_LeavesALoadableLastAndResumeGoesOnFromItsStep(string signal, int expectedCode)
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Inconclusive("Signals are sent with kill.");
        }

        if (signal == "INT" && IgnoresInterrupt())
        {
            Assert.Inconclusive(
                "SIGINT is ignored in this process, as in jobs in the background and under nohup, and processes that it starts inherit "
                    + "that.");
        }

        // Far more epochs than anybody waits for.
        using var process = StartTiny("--epochs", "1000000", "--validate-every", "5");
        for (var line = process.StandardOutput.ReadLine();
            !line!.Contains("saved", StringComparison.Ordinal);
            line = process.StandardOutput.ReadLine())
        {
            Assert.IsNotNull(line, "the run ended by itself");
        }

        Send(signal, process);
        var rest = process.StandardOutput.ReadToEnd();
        process.WaitForExit();

        Assert.AreEqual(expectedCode, process.ExitCode);
        var stopped = StoppedAt().Match(rest);
        Assert.IsTrue(stopped.Success, rest);
        Assert.AreEqual(Path.Combine(Runs, "last.ckpt"), stopped.Groups["path"].Value);
        var step = int.Parse(stopped.Groups["step"].Value, CultureInfo.InvariantCulture);

        Assert.AreEqual(
            0, RunTiny("--epochs", "1000000", "--validate-every", "5", "--resume", "--max-steps", $"{step + 2}"), Error.ToString());
        Assert.Contains($"(step {step + 2})", Output.ToString());
        Assert.DoesNotContain($"step {step - 1} ", Output.ToString());
    }

    // The mask has bit n - 1 for signal n.
    private static bool IgnoresInterrupt() =>
        File.ReadLines("/proc/self/status").Single(line => line.StartsWith("SigIgn:", StringComparison.Ordinal)) is var line
        && (ulong.Parse(line.AsSpan("SigIgn:".Length).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture) & 2) != 0;

    private static void Send(string signal, Process process)
    {
        using var kill = Process.Start("kill", ["-s", signal, $"{process.Id}"]);
        kill.WaitForExit();
        Assert.AreEqual(0, kill.ExitCode);
    }

    [GeneratedRegex(@"Stopped at step (?<step>\d+)\. The last checkpoint is (?<path>\S+);", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex StoppedAt();
}
