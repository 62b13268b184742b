using System.Diagnostics;

namespace Fulgurite.Tests.Core.Doubles;

/// <summary>Runs scripts with a Python that has torch; without one a test is inconclusive, except in CI, where it fails.</summary>
internal static class PythonTorch
{
    private static readonly Lazy<string?> Problem = new(FindProblem);

    private static string Python => Environment.GetEnvironmentVariable("FULGURITE_PYTHON") ?? "/usr/bin/python3";

    /// <summary>Runs a script, which finds its arguments in <c>sys.argv[1:]</c>, and gives what it printed.</summary>
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

        var (code, output) = Start("import warnings; warnings.simplefilter('ignore')\n" + script, arguments);
        Assert.AreEqual(0, code, output);
        return output.Trim();
    }

    private static string? FindProblem()
    {
        try
        {
            return Start("import torch", []).Code == 0 ? null : $"'{Python}' cannot import torch.";
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return $"There is no '{Python}'.";
        }
    }

    private static (int Code, string Output) Start(string script, string[] arguments)
    {
        var start = new ProcessStartInfo(Python, ["-", .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        process.StandardInput.Write(script);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, process.ExitCode == 0 ? output : output + errors.GetAwaiter().GetResult());
    }
}
