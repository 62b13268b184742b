using System.ComponentModel;
using System.Diagnostics;

namespace Fulgurite.Tests.IO;

/// <summary>Runs scripts with a Python that has torch.</summary>
/// <remarks>
/// Without one a test is skipped (inconclusive), except in CI, where it fails. Call nothing of this within an assertion that expects an
/// exception.
/// </remarks>
internal static class PythonInterop
{
    private static readonly Lazy<string?> Problem = new(FindProblem);

    private static string Python => Environment.GetEnvironmentVariable("FULGURITE_PYTHON") ?? "/usr/bin/python3";

    /// <summary>
    /// Runs a script of the folder python of a test project and returns what it printed; a script that fails fails the test.
    /// </summary>
    public static string Run(string script, params string[] arguments) =>
        RunChecked(script, [Path.Combine(AppContext.BaseDirectory, "python", script), .. arguments], string.Empty);

    /// <summary>Runs the text of a script, which finds its arguments in <c>sys.argv[1:]</c>, and returns what it printed.</summary>
    public static string RunText(string text, params string[] arguments) =>
        RunChecked("the script", ["-", .. arguments], "import warnings; warnings.simplefilter('ignore')\n" + text);

    /// <summary>Ends the test as skipped if there is no Python with torch.</summary>
    public static void Require()
    {
        if (Problem.Value is not { } problem)
        {
            return;
        }

        if (string.Equals(Environment.GetEnvironmentVariable("FULGURITE_CI"), "1", StringComparison.Ordinal))
        {
            Assert.Fail($"{problem} In CI it has to be there.");
        }

        Assert.Inconclusive($"{problem} Set FULGURITE_PYTHON to a Python that has torch.");
    }

    private static string RunChecked(string name, string[] command, string input)
    {
        Require();
        var (code, output) = Start(command, input);
        Assert.AreEqual(0, code, $"{name} {string.Join(' ', command[1..])} failed:{Environment.NewLine}{output}");
        return output.Trim();
    }

    private static string? FindProblem()
    {
        try
        {
            return Start(["-c", "import torch"], string.Empty).Code == 0 ? null : $"'{Python}' cannot import torch.";
        }
        catch (Win32Exception exception)
        {
            return $"'{Python}' cannot be started: {exception.Message.TrimEnd('.')}.";
        }
    }

    private static (int Code, string Output) Start(string[] arguments, string input)
    {
        var start = new ProcessStartInfo(Python, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        try
        {
            process.StandardInput.Write(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended without reading; its exit code and what it printed tell why.
        }

        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, process.ExitCode == 0 ? output : output + errors.GetAwaiter().GetResult());
    }
}
