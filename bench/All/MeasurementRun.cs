using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Fulgurite.Bench.Measuring;

namespace Fulgurite.Bench.All;

/// <summary>
/// Runs measurements in processes of their own, since threads of libtorch and memory that one has touched would reach into the next,
/// passes their lines on, and keeps them.
/// </summary>
/// <param name="directory">Where the files of JSON lines go.</param>
internal sealed class MeasurementRun(string directory)
{
    /// <summary>Runs one measurement, and gives whether it came to its end.</summary>
    /// <param name="name">The file that keeps its lines; there is none afterwards if it fails.</param>
    /// <param name="arguments">What this program is given.</param>
    public bool Run(string name, string arguments)
    {
        var kept = Path.Combine(directory, name + ".jsonl");
        File.Delete(kept);
        Console.Error.WriteLine($"./bench.sh {arguments}");
        var load = Load();
        var start = Stopwatch.GetTimestamp();
        using var process = OwnProcess.Start(arguments.Split(' '));
        var lines = new List<string>();
        while (process.StandardOutput.ReadLine() is { } line)
        {
            Console.Out.WriteLine(line);
            lines.Add(line);
        }

        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            Console.Error.WriteLine(
                $"./bench.sh {arguments} ended with {process.ExitCode}; its output is above, and its lines are discarded.");
            return false;
        }

        var run = new JsonObject
        {
            ["command"] = "run",
            ["name"] = name,
            ["line"] = $"./bench.sh {arguments}",
            ["seconds"] = JsonLine.Round(Stopwatch.GetElapsedTime(start).TotalSeconds),
            ["load"] = load,
        };
        File.WriteAllLines(kept, [run.ToJsonString(), .. lines]);
        return true;
    }

    /// <summary>How many threads wanted a processor in the minute before, where the system tells.</summary>
    public static double? Load() => File.Exists("/proc/loadavg")
        ? double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture)
        : null;
}
