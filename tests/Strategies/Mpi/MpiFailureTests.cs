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

        // The text of the launcher: MPICH names the process and the host, and no rank.
        Assert.Contains(
            family == "openmpi"
                ? $"process rank {killed} with PID 0 on node {Environment.MachineName.Split('.')[0]} exited on signal 9 (Killed)"
                : $"RUNNING AT {Environment.MachineName}",
            run.Output);
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

    /// <summary>The abort at the end of the grace had no reason.</summary>
    [TestMethod]
    [Timeout(90000, CooperativeCancellation = true)]
    public async Task Exit_OneProcessDoesNotEndAfterAFailure_AllAreEndedWithTheReason()
    {
        if (Environment.GetEnvironmentVariable("FULGURITE_SLOW") != "1")
        {
            Assert.Inconclusive("Set FULGURITE_SLOW=1: it takes the grace of 30 seconds.");
        }

        var run = await RunAsync("openmpi", 2, "throw=0", "at=3", "linger=1");

        Assert.AreNotEqual(0, run.ExitCode, run.Output);
        Assert.Contains(
            $"Rank 0 ({Environment.MachineName}) ends all processes: it failed, and has waited 30 s for other ranks to end.", run.Output);
    }

    /// <summary>Every process was a group of one, said nothing, and wrote a checkpoint of its own.</summary>
    [TestMethod]
    [DataRow("openmpi", "libmpich.so.12", "OMPI_COMM_WORLD_SIZE")]
    [DataRow("mpich", "libmpi.so.40", "PMI_SIZE")]
    [Timeout(60000, CooperativeCancellation = true)]
    public async Task Fit_LibraryOfAnotherFamilyThanTheLauncher_IsRefusedWithTheRemedy(string family, string library, string variable)
    {
        var run = await RunAsync(family, 2, $"library={library}");

        Assert.AreNotEqual(0, run.ExitCode, run.Output);
        Assert.Contains(
            $"The launcher has started 2 processes ({variable}), and the MPI library {library} finds a group of 1: it does not belong to "
            + "the launcher, so each process would train alone. Set MpiStrategyOptions.Library to the library of the launcher",
            run.Output);
        Assert.IsEmpty(Directory.GetFiles(Folder));
    }

    [TestMethod]
    [DataRow(1, "OMPI_COMM_WORLD_SIZE=2", "OMPI_COMM_WORLD_SIZE")]
    [DataRow(1, "PMI_SIZE=2", "PMI_SIZE")]
    [DataRow(1, "SLURM_STEP_NUM_TASKS=2", "SLURM_STEP_NUM_TASKS")]
    [DataRow(1, "SLURM_NTASKS=2", null)]
    [DataRow(1, "SLURM_STEP_NUM_TASKS=2 OMPI_COMM_WORLD_SIZE=1", null)]
    [DataRow(1, "PMI_SIZE=1", null)]
    [DataRow(1, "PMI_SIZE=unknown", null)]
    [DataRow(1, "", null)]
    [DataRow(2, "PMI_SIZE=2", null)]
    public void RequireGroup_LauncherHasStartedMore_Throws(int size, string variables, string? named)
    {
        var environment = variables.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(each => each.Split('='))
            .ToDictionary(each => each[0], each => each[1], StringComparer.Ordinal);

        void Check() => MpiProcess.RequireGroup(size, "libmpi.so", environment.GetValueOrDefault);

        if (named is null)
        {
            Check();
        }
        else
        {
            var message = Assert.ThrowsExactly<InvalidOperationException>(Check).Message;
            Assert.Contains($"2 processes ({named})", message);
            Assert.EndsWith($"If only this process is to train, as in a shell of srun --pty, unset {named}.", message);
        }
    }

    [TestMethod]
    [DataRow("openmpi", "libmpi.so.40")]
    [DataRow("mpich", "libmpich.so.12")]
    [Timeout(60000, CooperativeCancellation = true)]
    public async Task Fit_CudaDeviceAndLibraryWithoutCuda_IsRefusedWithTheRemedy(string family, string library)
    {
        var run = await RunAsync(family, 2, "device=cuda");

        Assert.AreNotEqual(0, run.ExitCode, run.Output);
        Assert.Contains(
            $"MpiStrategyOptions.Device is 'cuda', and the MPI library {library} is not CUDA-aware: it cannot take the memory of a device.",
            run.Output);
    }

    [TestMethod]
    [DataRow("cuda", "MpiStrategyOptions.Device is 'cuda', which is device 200 for the rank 200 of this machine, and libtorch finds ")]
    [DataRow("cuda:201", "MpiStrategyOptions.Device is 'cuda:201', and libtorch finds ")]
    public void DeviceOf_LibraryIsCudaAware_RequiresTheDeviceOfTheLocalRank(string device, string message)
    {
        var options = new MpiStrategyOptions { Device = device };

        var failure = Assert.ThrowsExactly<InvalidOperationException>(
            () => MpiStrategy.DeviceOf(options, "libmpi.so", () => true, () => 200));

        Assert.StartsWith(message, failure.Message);
    }

    [TestMethod]
    public void DeviceOf_Cpu_AsksNothing()
    {
        Func<bool> isCudaAware = () => throw new InvalidOperationException("The library is asked.");

        Assert.AreEqual(
            TorchSharp.DeviceType.CPU,
            MpiStrategy.DeviceOf(new MpiStrategyOptions(), "libmpi.so", isCudaAware, () => isCudaAware() ? 0 : 1).type);
    }

    private Task<MpiRun> RunAsync(string family, int ranks, params string[] options) =>
        MpiLauncher.RunAsync(family, ranks, context.CancellationToken, [Folder, "100", .. options]);
}
