using System.Diagnostics;
using Fulgurite.Tests.Docs.Pages;

namespace Fulgurite.Tests.Docs;

/// <summary>
/// Runs a sample, or the command-line tool, in its own output folder: that of the tests has no assembly that ASP.NET contains.
/// </summary>
internal static class SampleProgram
{
    private static readonly string Configuration = Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));

    /// <summary>Runs a sample and returns the output of both streams.</summary>
    public static string Run(string sample, TemporaryDirectory folder, int code, params string[] arguments) =>
        Run(sample, folder, code, [], arguments);

    /// <summary>Runs a sample with environment variables.</summary>
    public static string Run(
        string sample, TemporaryDirectory folder, int code, (string Name, string Value)[] variables, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Tree.At("artifacts", "bin", sample, Configuration, $"{sample}.dll"), .. arguments])
        {
            WorkingDirectory = folder.Path,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in variables)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd() + errors.Result;
        process.WaitForExit();
        Assert.AreEqual(code, process.ExitCode, output);
        return output;
    }
}
