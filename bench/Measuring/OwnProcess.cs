using System.Diagnostics;

namespace Fulgurite.Bench.Measuring;

/// <summary>Starts this program again, for what belongs to a process: memory, threads of libtorch, kernels of MKL.</summary>
internal static class OwnProcess
{
    /// <summary>Starts it; its standard output is the caller's to read.</summary>
    /// <param name="arguments">What it is given.</param>
    /// <exception cref="InvalidOperationException">It did not start.</exception>
    public static Process Start(params IEnumerable<string> arguments) => StartUnder([], arguments);

    /// <summary>Starts it by another program, such as a tracer.</summary>
    /// <param name="program">The other program and its arguments.</param>
    /// <param name="arguments">The arguments of this program.</param>
    public static Process StartUnder(IReadOnlyList<string> program, params IEnumerable<string> arguments) =>
        StartUnder(program, arguments, readsErrors: false);

    /// <summary>Starts it by another program; its standard output, and its errors too where asked, are the caller's to read.</summary>
    /// <param name="program">The other program and its arguments.</param>
    /// <param name="arguments">The arguments of this program.</param>
    /// <param name="readsErrors">Whether the caller reads the errors.</param>
    public static Process StartUnder(IReadOnlyList<string> program, IEnumerable<string> arguments, bool readsErrors)
    {
        string[] line = [.. program, .. Host(), .. arguments];
        var start = new ProcessStartInfo(line[0], line[1..])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = readsErrors,
        };
        return Process.Start(start)
            ?? throw new InvalidOperationException($"{line[0]} did not start.");
    }

    // Where the host is dotnet or a test runner, it has to be told of this program.
    private static string[] Host() => Path.GetFileName(Environment.ProcessPath) == "Fulgurite.Bench"
        ? [Environment.ProcessPath!]
        : ["dotnet", typeof(OwnProcess).Assembly.Location];
}
