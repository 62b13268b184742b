using System.Diagnostics;
using System.Globalization;

namespace Fulgurite.Tests.Strategies.Mpi;

/// <summary>The launchers of MPI programs on this machine, and runs of the test program under them.</summary>
internal static class MpiLauncher
{
    /// <summary>Gets the path of the test program.</summary>
    public static string Program { get; } = Path.Combine(AppContext.BaseDirectory, "Distributed.dll");

    /// <summary>Gets a value indicating whether there is an MPI library to load.</summary>
    public static bool HasLibrary => Find("openmpi") is not null || Find("mpich") is not null;

    /// <summary>Runs the program with a number of processes; skips the test where the launcher is missing.</summary>
    /// <param name="family">openmpi or mpich; null for no launcher.</param>
    /// <param name="ranks">The number of processes.</param>
    /// <param name="cancellation">Ends the run.</param>
    /// <param name="arguments">The arguments of the program.</param>
    public static async Task<MpiRun> RunAsync(string? family, int ranks, CancellationToken cancellation, params string[] arguments)
    {
        using var process = Start(family, ranks, arguments);
        return await EndAsync(process, cancellation);
    }

    /// <summary>Runs the program by a launcher of its own.</summary>
    /// <param name="launcher">The arguments of <c>ip</c>.</param>
    /// <param name="cancellation">Ends the run.</param>
    /// <param name="arguments">The arguments of the program.</param>
    public static async Task<MpiRun> RunAsync(string[] launcher, CancellationToken cancellation, params string[] arguments)
    {
        using var process = StartByLauncher("ip", [.. launcher, "dotnet", Program, .. arguments]);
        return await EndAsync(process, cancellation);
    }

    /// <summary>Returns whether the launcher of a family is installed.</summary>
    public static bool Has(string family) => Find(family) is not null;

    private static async Task<MpiRun> EndAsync(Process process, CancellationToken cancellation)
    {
        try
        {
            var texts = await Task.WhenAll(
                process.StandardOutput.ReadToEndAsync(cancellation), process.StandardError.ReadToEndAsync(cancellation));
            await process.WaitForExitAsync(cancellation);
            return new MpiRun(process.ExitCode, string.Concat(texts));
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    /// <summary>Starts the program with a number of processes; skips the test where the launcher is missing.</summary>
    public static Process Start(string? family, int ranks, string[] arguments)
    {
        if (family is null)
        {
            return StartByLauncher("dotnet", [Program, .. arguments, "alone"]);
        }

        if (ranks > 2 && Environment.GetEnvironmentVariable("FULGURITE_SLOW") != "1")
        {
            Assert.Inconclusive("Set FULGURITE_SLOW=1 for more than two processes.");
        }

        if (Find(family) is not { } launcher)
        {
            throw NotInstalled(family);
        }

        // Ranks share the cores of a test machine.
        string[] options = string.Equals(family, "openmpi", StringComparison.Ordinal)
            ? ["--oversubscribe", "--mca", "mpi_yield_when_idle", "1"]
            : [];
        return StartByLauncher(
            launcher, [.. options, "-np", ranks.ToString(CultureInfo.InvariantCulture), "dotnet", Program, .. arguments]);
    }

    /// <summary>Returns the end of a test without its launcher: skipped, and failed in CI, which installs it.</summary>
    public static Exception NotInstalled(string family)
    {
        var message = $"mpirun of {family} is not installed; eng/mpi.sh installs it.";
        return string.Equals(Environment.GetEnvironmentVariable("FULGURITE_CI"), "1", StringComparison.Ordinal)
            ? new AssertFailedException(message)
            : new AssertInconclusiveException(message);
    }

    /// <summary>Starts a launcher with its arguments.</summary>
    public static Process StartByLauncher(string launcher, string[] arguments)
    {
        var start = new ProcessStartInfo(launcher, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        // Tests may run as root in a container.
        (start.Environment["OMPI_ALLOW_RUN_AS_ROOT"], start.Environment["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"]) = ("1", "1");
        return Process.Start(start)!;
    }

    private static string? Find(string family) => (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(':')
        .Select(folder => Path.Combine(folder, "mpirun." + family)).FirstOrDefault(File.Exists);
}

/// <summary>The end of a run.</summary>
/// <param name="ExitCode">The exit code of the launcher.</param>
/// <param name="Output">The output and errors of all processes.</param>
internal sealed record MpiRun(int ExitCode, string Output);
