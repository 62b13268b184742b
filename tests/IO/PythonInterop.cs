using System.Diagnostics;

namespace Fulgurite.Tests.IO;

/// <summary>Runs scripts of tests/IO/python with a Python that has torch.</summary>
internal static class PythonInterop
{
    private static readonly Lazy<string?> Problem = new(FindProblem);

    private static string Python => Environment.GetEnvironmentVariable("FULGURITE_PYTHON") ?? "/usr/bin/python3";

    /// <summary>Runs a script and gives what it printed; a script that fails fails the test.</summary>
    /// <remarks>Without Python's torch a test is inconclusive, except in CI, where it fails.</remarks>
    public static string Run(string script, params string[] arguments)
    {
        if (Problem.Value is { } problem)
        {
            if (Environment.GetEnvironmentVariable("FULGURITE_CI") == "1")
            {
                Assert.Fail($"{problem} In CI it has to be there.");
            }

            Assert.Inconclusive($"{problem} Set FULGURITE_PYTHON to a Python that has torch.");
        }

        var (code, output) = Start([Path.Combine(AppContext.BaseDirectory, "python", script), .. arguments]);
        Assert.AreEqual(0, code, $"{script} {string.Join(' ', arguments)} failed:{Environment.NewLine}{output}");
        return output.Trim();
    }

    private static string? FindProblem()
    {
        try
        {
            return Start(["-c", "import torch"]).Code == 0 ? null : $"'{Python}' cannot import torch.";
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return $"There is no '{Python}'.";
        }
    }

    private static (int Code, string Output) Start(IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(Python, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, process.ExitCode == 0 ? output : output + errors.Result);
    }
}
