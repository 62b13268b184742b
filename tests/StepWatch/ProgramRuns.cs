using System.Globalization;
using System.Runtime.Loader;

namespace Fulgurite.Tests.StepWatch;

/// <summary>Runs a program several times in its process: one whose training is short has many steps that way.</summary>
internal static class ProgramRuns
{
    /// <summary>The variable with the number of runs; without it there is one.</summary>
    public const string CountVariable = "FULGURITE_STEPWATCH_RUNS";

    /// <summary>What stands for the number of the run in arguments.</summary>
    private const string Number = "{run}";

    public static void RunAllButTheLast(Watch watch)
    {
        if (!int.TryParse(Environment.GetEnvironmentVariable(CountVariable), CultureInfo.InvariantCulture, out var count))
        {
            return;
        }

        var (path, arguments) = (Environment.GetCommandLineArgs()[0], Environment.GetCommandLineArgs()[1..]);
        var entry = AssemblyLoadContext.Default.LoadFromAssemblyPath(Path.GetFullPath(path)).EntryPoint!;
        for (var run = 1; run < count; run++)
        {
            watch.BeginRun();
            entry.Invoke(null, [Array.ConvertAll(arguments, argument => argument.Replace(Number, $"{run}", StringComparison.Ordinal))]);
        }
    }
}
