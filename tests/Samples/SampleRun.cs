using System.Diagnostics;

namespace Fulgurite.Tests.Samples;

/// <summary>A sample, run to its end as a process of its own, the way a user does.</summary>
internal sealed record SampleRun(int ExitCode, string Output, string Error)
{
    public static Task<SampleRun> Of(string sample, string folder, CancellationToken stop, params string[] arguments) =>
        Of(sample, folder, new Dictionary<string, string>(), stop, arguments);

    /// <summary>The same with environment variables.</summary>
    public static async Task<SampleRun> Of(
        string sample, string folder, IReadOnlyDictionary<string, string> variables, CancellationToken stop, params string[] arguments) =>
        await Of(["dotnet", Path.Combine(AppContext.BaseDirectory, sample + ".dll"), .. arguments], folder, variables, stop);

    /// <summary>The same in two processes of Open MPI; skips the test where it is missing.</summary>
    public static async Task<SampleRun> OfTwoRanks(string sample, string folder, CancellationToken stop, params string[] arguments)
    {
        const string Launcher = "mpirun.openmpi";
        if (!(Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(':').Any(path => File.Exists(Path.Combine(path, Launcher))))
        {
            const string Message = $"{Launcher} is not installed; eng/mpi.sh installs it.";
            throw string.Equals(Environment.GetEnvironmentVariable("FULGURITE_CI"), "1", StringComparison.Ordinal)
                ? new AssertFailedException(Message)
                : new AssertInconclusiveException(Message);
        }

        return await Of(
            [
                Launcher, "--oversubscribe", "--allow-run-as-root", "--mca", "mpi_yield_when_idle", "1", "-np", "2", "dotnet",
                Path.Combine(AppContext.BaseDirectory, sample + ".dll"), .. arguments,
            ],
            folder, new Dictionary<string, string>(), stop);
    }

    private static async Task<SampleRun> Of(
        string[] command, string folder, IReadOnlyDictionary<string, string> variables, CancellationToken stop)
    {
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder,
        };

        // More threads than processors would wait for each other, and some tests run beside others.
        start.Environment["OMP_NUM_THREADS"] = "1";
        foreach (var (name, value) in variables)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start) ?? throw new InvalidOperationException("The sample did not start.");
        try
        {
            var error = process.StandardError.ReadToEndAsync(stop);
            var output = await process.StandardOutput.ReadToEndAsync(stop);
            await process.WaitForExitAsync(stop);
            return new SampleRun(process.ExitCode, output, await error);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    /// <summary>Everything that was said, for messages.</summary>
    public override string ToString() => $"exit code {ExitCode}\n{Output}\n{Error}";
}
