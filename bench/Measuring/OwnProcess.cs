using System.Diagnostics;

namespace Fulgurite.Bench.Measuring;

/// <summary>Starts this program again, for what belongs to a process: memory, threads of libtorch, kernels of MKL.</summary>
internal static class OwnProcess
{
    /// <summary>Starts it; its standard output is the caller's to read.</summary>
    /// <param name="arguments">What it is given.</param>
    /// <exception cref="InvalidOperationException">It did not start.</exception>
    public static Process Start(params IEnumerable<string> arguments) =>
        Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [.. Host(), .. arguments]) { UseShellExecute = false, RedirectStandardOutput = true })
            ?? throw new InvalidOperationException($"{Environment.ProcessPath} did not start.");

    // Started by 'dotnet NAME.dll', the process is dotnet and wants to be told of the DLL again.
    private static string[] Host() =>
        Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? [typeof(OwnProcess).Assembly.Location] : [];
}
