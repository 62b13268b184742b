using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Fulgurite.Bench.Measuring;

namespace Fulgurite.Bench.All;

/// <summary>
/// Runs measurements in processes of their own, since threads of libtorch and memory that one has touched would reach into the next,
/// passes their lines on, and stores them.
/// </summary>
/// <param name="directory">Where the files of JSON lines go.</param>
internal sealed class MeasurementRun(string directory)
{
    /// <summary>Runs one measurement, and returns whether it succeeded.</summary>
    /// <param name="name">
    /// The file of its lines. It is replaced at the end: a measurement that fails or is killed leaves it as it was.
    /// </param>
    /// <param name="arguments">What this program is given.</param>
    public bool Run(string name, string arguments)
    {
        var kept = Path.Combine(directory, name + ".jsonl");
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

        // A command ends with 0 as well where a peer is missing, and then there may be no line.
        if (process.ExitCode != 0 || lines.Count == 0)
        {
            Console.Error.WriteLine(
                $"./bench.sh {arguments} ended with {process.ExitCode}; its output is above, and its lines ({lines.Count}) are discarded. "
                    + (File.Exists(kept) ? $"Those of an earlier run remain in {kept}." : "There are none of an earlier run."));
            return false;
        }

        var run = new JsonObject
        {
            ["command"] = "run",
            ["name"] = name,
            ["line"] = $"./bench.sh {arguments}",
            ["seconds"] = JsonLine.Round(Stopwatch.GetElapsedTime(start).TotalSeconds),
            ["load"] = load,
            ["fulgurite"] = Machine.Version,
        };
        var written = kept + ".new";
        File.WriteAllLines(written, [run.ToJsonString(), .. lines]);
        File.Move(written, kept, overwrite: true);
        Console.Error.WriteLine($"{name}: {Stopwatch.GetElapsedTime(start).TotalSeconds:0} s");
        return true;
    }

    /// <summary>How many threads wanted a processor in the minute before, where the system tells.</summary>
    public static double? Load() => File.Exists("/proc/loadavg")
        ? double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture)
        : null;
}
