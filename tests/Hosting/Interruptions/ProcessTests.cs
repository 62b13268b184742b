using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace Fulgurite.Tests.Hosting.Interruptions;

/// <summary>Real processes and real signals.</summary>
[TestClass]
[DoNotParallelize]
[OSCondition(OperatingSystems.Linux)]
public sealed partial class ProcessTests(TestContext context)
{
    private string Folder => context.TestTempDirectory ?? throw new InvalidOperationException("No folder for this test.");

    [TestMethod]
    [DataRow("INT", 130, "wait=7")]
    [DataRow("TERM", 143, "wait=7", "thread")]
    [Timeout(120000, CooperativeCancellation = true)]
    [TestProperty("Behaviour", "SG1")]
    [TestProperty("Behaviour", "SG8")]
    [TestProperty("Behaviour", "SG12")]
    [TestProperty("Behaviour", "TR13")]
    public async Task Signal_DuringAStep_EndsItSavesAndResumesToTheSameBits(string signal, int code, params string[] arguments)
    {
        var whole = await RunAsync("whole", "20");

        using var process = Start(["stopped", "20", .. arguments]);
        await ReadUntil(process, "ready");
        await SendAsync(signal, process);
        var output = await EndAsync(process);

        Assert.AreEqual(code, process.ExitCode, output);
        Assert.Contains("Cancelled at step 8,", output);
        Assert.AreEqual(Weights(whole), Weights(await RunAsync("stopped", "20", "resume")));
    }

    [TestMethod]
    [Timeout(120000, CooperativeCancellation = true)]
    [TestProperty("Behaviour", "SG12")]
    public async Task Signal_DuringAValidation_EndsTheProcessAndResumesToTheSameBits()
    {
        using var process = Start("stopped", "100000", "validate");
        await ReadUntil(process, "ready");
        await SendAsync("TERM", process);
        var output = await EndAsync(process);

        Assert.AreEqual(143, process.ExitCode, output);
        Assert.Contains("validation batch 1", output);
        Assert.Contains("Cancelled at step 15,", output);
        var resumed = await RunAsync("stopped", "40", "resume");
        Assert.AreEqual(Weights(await RunAsync("whole", "40")), Weights(resumed));
    }

    [TestMethod]
    [Timeout(120000, CooperativeCancellation = true)]
    public async Task CtrlC_Twice_EndsAProcessThatIsStuckAndLeavesValidFiles()
    {
        using var process = Start("stuck", "1000", "stuck=33");
        await ReadUntil(process, "ready");
        await LastCheckpointAsync("stuck");
        await SendAsync("INT", process);
        await ReadUntil(process, "stopping by SIGINT");
        Assert.IsFalse(process.HasExited);
        await SendAsync("INT", process);
        await EndAsync(process);

        Assert.AreEqual(130, process.ExitCode);
        Assert.Contains("Completed at step 60,", await RunAsync("stuck", "60", "resume"));
        Assert.IsEmpty(
            Directory.EnumerateFiles(Path.Combine(Folder, "stuck")).Where(path => !path.EndsWith(".ckpt", StringComparison.Ordinal)));
    }

    [TestMethod]
    [Timeout(120000, CooperativeCancellation = true)]
    public async Task Host_CtrlCTwice_EndsAtOnceAndLeavesValidFiles()
    {
        using var process = Start("hosted", "0", "hosted", "stuck=33");
        await ReadUntil(process, "ready");
        await LastCheckpointAsync("hosted");
        await SendAsync("INT", process);
        await ReadUntil(process, "Application is shutting down");
        Assert.IsFalse(process.HasExited);
        await SendAsync("INT", process);
        var output = await EndAsync(process);

        Assert.AreEqual(130, process.ExitCode, output);
        Assert.DoesNotContain("host ended", output);
        Assert.Contains("Completed at step 60,", await RunAsync("hosted", "60", "resume"));
    }

    [TestMethod]
    [Timeout(120000, CooperativeCancellation = true)]
    public async Task Host_StepThatComputesForEver_IsLeftBehindAfterTheTimeout()
    {
        using var process = Start("busy", "0", "hosted", "busy=33", "timeout=300");
        await ReadUntil(process, "ready");
        await LastCheckpointAsync("busy");
        await SendAsync("TERM", process);
        var output = await EndAsync(process);

        Assert.AreEqual(1, process.ExitCode, output);
        Assert.Contains("did not reach a step boundary within", output);
        Assert.Contains("host ended", output);
        Assert.Contains("Completed at step 60,", await RunAsync("busy", "60", "resume"));
    }

    [TestMethod]
    [Timeout(120000, CooperativeCancellation = true)]
    [TestProperty("Behaviour", "SG2")]
    [TestProperty("Behaviour", "SG3")]
    [TestProperty("Behaviour", "SG9")]
    public async Task Signal_WithHandlersOfOthers_CallsThemAndIsRestoredAfterwards()
    {
        using var process = Start("handlers", "1000", "wait=3", "handlers");
        await ReadUntil(process, "ready");
        await SendAsync("TERM", process);
        var output = await ReadUntil(process, "restored");

        Assert.Contains("handler before", output);
        Assert.Contains("handler after", output);
        Assert.Contains("stopping by SIGTERM", output);
        Assert.IsFalse(process.HasExited);

        // Nobody listens any more: the system does what it does by default.
        await SendAsync("TERM", process);
        await EndAsync(process);
        Assert.AreEqual(143, process.ExitCode);
    }

    [TestMethod]
    [Timeout(120000, CooperativeCancellation = true)]
    public async Task Start_TwoAtOnceInOneFolder_NeitherTouchesFilesOfTheOther()
    {
        using var killed = Start("shared", "20", "wait=7");
        using var stopped = Start("shared", "20", "wait=7");
        await Task.WhenAll(ReadUntil(killed, "ready"), ReadUntil(stopped, "ready"));
        await LastCheckpointAsync("shared");
        await LastCheckpointAsync("shared", "last-v1.ckpt");
        await LastCheckpointAsync("shared", "epoch=0-step=5.ckpt");
        await LastCheckpointAsync("shared", "epoch=0-step=5-v1.ckpt");
        var before = Contents("shared", "*.ckpt");
        await SendAsync("KILL", killed);
        await SendAsync("TERM", stopped);
        await EndAsync(killed);
        Assert.Contains("Cancelled at step 8,", await EndAsync(stopped));

        var resumed = await RunAsync("shared", "20", "resume");

        // The claims of the process that was killed ended with it, and its files are still as it left them.
        Assert.Contains("Completed at step 20,", resumed);
        var after = Contents("shared");
        Assert.HasCount(1, new[] { "last.ckpt", "last-v1.ckpt" }.Where(name => after[name] == before[name]));
        Assert.HasCount(1, new[] { "epoch=0-step=5.ckpt", "epoch=0-step=5-v1.ckpt" }.Where(after.ContainsKey));
        Assert.HasCount(4, after, string.Join(", ", after.Keys));
    }

    [TestMethod]
    [DataRow("INT")]
    [DataRow("TERM")]
    [DataRow("KILL")]
    [Timeout(600000, CooperativeCancellation = true)]
    public async Task Signal_AtAnyMoment_NeverCostsTheLastCheckpoint(string signal)
    {
        if (Environment.GetEnvironmentVariable("FULGURITE_SLOW") != "1")
        {
            Assert.Inconclusive("Set FULGURITE_SLOW=1 to interrupt many processes.");
        }

        var random = new Random(17);
        var whole = await RunAsync("whole", "4000");
        for (var round = 0; round < 12; round++)
        {
            var folder = $"{signal}{round}";
            using (var process = Start(folder, "1000000"))
            {
                await LastCheckpointAsync(folder);
                await Task.Delay(random.Next(300), context.CancellationToken);
                await SendAsync(signal, process);
                await EndAsync(process);
            }

            var resumed = await RunAsync(folder, "4000", "resume");
            var step = Ending().Match(resumed);
            Assert.IsTrue(step.Success, resumed);
            if (string.Equals(step.Groups["step"].Value, "4000", StringComparison.Ordinal))
            {
                Assert.AreEqual(Weights(whole), Weights(resumed));
            }
        }
    }

    // Another process writes it: there is nothing to wait on but the file.
    private async Task LastCheckpointAsync(string folder, string name = "last.ckpt")
    {
        while (!File.Exists(Path.Combine(Folder, folder, name)))
        {
            await Task.Delay(5, context.CancellationToken);
        }
    }

    private Dictionary<string, string> Contents(string folder, string pattern = "*") =>
        Directory.EnumerateFiles(Path.Combine(Folder, folder), pattern)
        .ToDictionary(
            path => Path.GetFileName(path), path => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path))), StringComparer.Ordinal);

    private static async Task SendAsync(string signal, Process process)
    {
        using var kill = Process.Start("kill", ["-s", signal, process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
        Assert.AreEqual(0, kill.ExitCode);
    }

    private static string Weights(string output) =>
        Ending().Match(output) is { Success: true } ending ? ending.Groups["weights"].Value : throw new AssertFailedException(output);

    private Process Start(params string[] arguments) => Process.Start(new ProcessStartInfo(
        "env",
        [
            "--default-signal=INT,TERM", "dotnet", Path.Combine(AppContext.BaseDirectory, "Interruptible.dll"),
            Path.Combine(Folder, arguments[0]), .. arguments[1..],
        ])
    {
        UseShellExecute = false,
        RedirectStandardOutput = true,
    })!;

    private async Task<string> RunAsync(params string[] arguments)
    {
        using var process = Start(arguments);
        var output = await EndAsync(process);
        Assert.AreEqual(0, process.ExitCode, output);
        return output;
    }

    private async Task<string> EndAsync(Process process)
    {
        var output = await process.StandardOutput.ReadToEndAsync(context.CancellationToken);
        await process.WaitForExitAsync(context.CancellationToken);
        return output;
    }

    private async Task<string> ReadUntil(Process process, string text)
    {
        var read = new List<string>();
        while (await process.StandardOutput.ReadLineAsync(context.CancellationToken) is { } line)
        {
            read.Add(line);
            if (line.Contains(text, StringComparison.Ordinal))
            {
                return string.Join('\n', read);
            }
        }

        throw new AssertFailedException($"The process ended before it said '{text}': {string.Join('\n', read)}");
    }

    [GeneratedRegex(@"at step (?<step>\d+), weights (?<weights>[0-9A-F]+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Ending();
}
