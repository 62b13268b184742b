using System.Diagnostics;

namespace Fulgurite.Tests.Strategies.Mpi;

/// <summary>Processes that fail, die or stop answering under real launchers.</summary>
[TestClass]
[DoNotParallelize]
[OSCondition(OperatingSystems.Linux)]
public sealed class MpiFailureTests(TestContext context)
{
    private string Folder => context.TestTempDirectory ?? throw new InvalidOperationException("No folder for this test.");

    [TestMethod]
    [DataRow("openmpi", 0)]
    [DataRow("openmpi", 1)]
    [DataRow("mpich", 1)]
    [Timeout(60000, CooperativeCancellation = true)]
    public async Task Fit_OneProcessThrows_AllEndWithItsReason(string family, int failing)
    {
        var run = await RunAsync(family, 2, $"throw={failing}", "at=7");

        Assert.AreNotEqual(0, run.ExitCode, run.Output);
        Assert.Contains($"Rank {failing} ({Environment.MachineName}) failed: IOException: The data is gone.", run.Output);
    }

    [TestMethod]
    [DataRow("openmpi")]
    [DataRow("mpich")]
    [Timeout(60000, CooperativeCancellation = true)]
    public async Task Fit_ParametersDiffer_AllEndWithTheNameOfTheTensor(string family)
    {
        var run = await RunAsync(family, 2, "drift=1", "at=7", "compare=1");

        Assert.AreNotEqual(0, run.ExitCode, run.Output);
        Assert.Contains("The parameter '_layers.0.weight' of rank 1 differs from that of rank 0.", run.Output);
    }

    [TestMethod]
    [DataRow("openmpi")]
    [DataRow("mpich")]
    [Timeout(60000, CooperativeCancellation = true)]
    public async Task Fit_OneProcessExits_AllEndWithItsRankAndCode(string family)
    {
        var run = await RunAsync(family, 2, "exit=1", "at=7");

        Assert.AreNotEqual(0, run.ExitCode, run.Output);
        Assert.Contains("Rank 1 (", run.Output);
        Assert.Contains("it exited with the code 9 during a run.", run.Output);
    }

    [TestMethod]
    [DataRow("openmpi")]
    [DataRow("mpich")]
    [Timeout(60000, CooperativeCancellation = true)]
    public async Task Fit_OneProcessStopsAnswering_IsReportedAndEndsAllAfterTheLimit(string family)
    {
        var run = await RunAsync(family, 2, "freeze=1", "at=7", "timeout=3");

        Assert.AreNotEqual(0, run.ExitCode, run.Output);
        Assert.Contains("Rank 0 has waited 1 s for rank 1", run.Output);
        Assert.Contains("it waited 3 s for rank 1", run.Output);
    }

    [TestMethod]
    [DataRow("openmpi", 1)]
    [DataRow("mpich", 0)]
    [Timeout(120000, CooperativeCancellation = true)]
    public async Task Fit_OneProcessIsKilled_AllEndWithinSecondsAndTheRunResumes(string family, int killed)
    {
        var start = Stopwatch.GetTimestamp();
        var run = await RunAsync(family, 2, $"kill={killed}", "at=23", "every=1");

        Assert.AreNotEqual(0, run.ExitCode, run.Output);
        Assert.IsLessThan(TimeSpan.FromSeconds(45), Stopwatch.GetElapsedTime(start));
        var resumed = await MpiLauncher.RunAsync(family, 2, context.CancellationToken, Folder, "6", "resume", "every=1");
        Assert.AreEqual(0, resumed.ExitCode, resumed.Output);
        Assert.Contains("rank 1: Completed at step 30", resumed.Output);
    }

    /// <summary>A process that had been stopped at its end kept the others waiting without a word.</summary>
    [TestMethod]
    [DataRow("openmpi", 1)]
    [DataRow("mpich", 0)]
    [Timeout(60000, CooperativeCancellation = true)]
    public async Task Exit_OneProcessDoesNotEnd_IsReportedByTheOther(string family, int lingering)
    {
        using var process = MpiLauncher.Start(family, 2, [Folder, "1", $"linger={lingering}"]);
        var output = process.StandardOutput.ReadToEndAsync(context.CancellationToken);
        var report = string.Empty;
        while (!report.Contains("for other ranks to end", StringComparison.Ordinal)
            && await process.StandardError.ReadLineAsync(context.CancellationToken) is { } line)
        {
            report = line;
        }

        Assert.Contains($"Rank {1 - lingering} ({Environment.MachineName}) has ended, and has waited 1 s for other ranks to end.", report);
        await File.WriteAllTextAsync(Path.Combine(Folder, "go"), string.Empty, context.CancellationToken);
        await process.StandardError.ReadToEndAsync(context.CancellationToken);
        await process.WaitForExitAsync(context.CancellationToken);
        Assert.AreEqual(0, process.ExitCode, await output);
    }

    private Task<MpiRun> RunAsync(string family, int ranks, params string[] options) =>
        MpiLauncher.RunAsync(family, ranks, context.CancellationToken, [Folder, "100", .. options]);
}
