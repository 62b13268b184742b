using System.Diagnostics;
using System.Text.RegularExpressions;
using Fulgurite.Tests.Callbacks.Progress;

namespace Fulgurite.Tests.Hosting.Interruptions;

/// <summary>A progress view on a real pseudo terminal, beside the console logger of a host and output of the program.</summary>
[TestClass]
[DoNotParallelize]
[OSCondition(OperatingSystems.Linux)]
public sealed partial class TerminalTests(TestContext context)
{
    private const int Steps = 40;

    [TestMethod]
    [Timeout(120000, CooperativeCancellation = true)]
    public async Task Fit_HostWithConsoleLogger_KeepsEveryLineAndTheLiveLineWhole()
    {
        var text = await RunOnTerminalAsync(columns: 80);

        var screen = new SmallScreen(80);
        screen.Write(Modes().Replace(text, string.Empty));
        string[] rows = [.. screen.Rows.Select(row => row.Trim())];
        Assert.AreEqual(0, screen.Wrapped, "a line that wraps cannot be drawn over");
        for (var step = 1; step <= Steps; step++)
        {
            foreach (var source in new[] { "log", "output", "error" })
            {
                Assert.HasCount(1, rows.Where(row => row == $"The {source} of step {step} ends here."), $"{source} {step}");
            }
        }

        Assert.HasCount(Steps, rows.Where(row => row == "warn: Fulgurite.Tests.Interruptible.DefaultProgram.Talker[0]"));

        // What is left is whole: a line for each epoch, and no rest of a live line.
        var others = rows.Where(row => row.StartsWith("epoch", StringComparison.Ordinal)).ToList();
        Assert.HasCount(2, others);
        Assert.MatchesRegex(@"^epoch 1 of 2  100%  step 20  .*loss ", others[0]);
        Assert.MatchesRegex(@"^epoch 2 of 2  100%  step 40  .*loss ", others[1]);
        Assert.DoesNotContain("━", string.Concat(rows));
        Assert.Contains("━", text, "a live line was shown");
    }

    [TestMethod]
    [Timeout(120000, CooperativeCancellation = true)]
    public async Task Fit_ProgramWritesToStreamsThatItKeptBefore_DoesNotWaitForIt() =>
        Assert.Contains("epoch 2 of 2", await RunOnTerminalAsync(columns: 80, "kept"));

    private async Task<string> RunOnTerminalAsync(int columns, string kept = "")
    {
        if (!File.Exists("/usr/bin/script"))
        {
            Assert.Inconclusive("There is no 'script' on this machine.");
        }

        var folder = context.TestTempDirectory ?? throw new InvalidOperationException("No folder for this test.");
        var program = Path.Combine(AppContext.BaseDirectory, "Interruptible.dll");
        using var process = Process.Start(new ProcessStartInfo(
            "script",
            [
                "-q", "-e", "-c",
                $"stty cols {columns} rows 30; TERM=xterm-256color dotnet '{program}' terminal '{folder}' {kept}", "/dev/null",
            ])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
        })!;
        process.StandardInput.Close();
        try
        {
            var text = await process.StandardOutput.ReadToEndAsync(context.CancellationToken);
            await process.WaitForExitAsync(context.CancellationToken);
            Assert.AreEqual(0, process.ExitCode, text);
            return text;
        }
        finally
        {
            process.Kill(entireProcessTree: true);
        }
    }

    /// <summary>The modes of keys and cursor, which a program sets and asks for when it first uses the terminal.</summary>
    [GeneratedRegex("\u001b(\\[\\?[0-9]+[hl]|\\[6n|[=>]|\\[H)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Modes();
}
