using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Fulgurite.Bench.Measuring;

namespace Fulgurite.Bench.Cold;

/// <summary>
/// What the first use in a process costs, in new processes, arms in turn: a save, a start of a training, a resume, and the tool.
/// </summary>
/// <param name="megabytes">The size of the state that is saved, in MiB.</param>
/// <param name="rounds">How many processes each arm starts, after one round of warm-up.</param>
/// <param name="directory">Where the files go; removed at the end.</param>
/// <param name="tools">The paths of the tool, by name: a program, or an assembly for dotnet.</param>
internal sealed class ColdRun(long megabytes, int rounds, string directory, IReadOnlyList<(string Name, string Path)> tools)
{
    private readonly Dictionary<string, Dictionary<string, Samples>> _fields = [];

    public int Run()
    {
        Directory.CreateDirectory(directory);
        List<(string Name, Action Measure)> arms =
        [
            ("first save", () => Work("first save", "save", "--mb", megabytes.ToString(CultureInfo.InvariantCulture))),
            ("start", () => Work("start", "start")),
        ];
        foreach (var format in new[] { "torch", "safetensors" })
        {
            Run(OwnProcess.Start("cold", "--worker", "prepare", "--dir", directory, "--format", format));
            arms.Add(($"resume, {format}", () => Work($"resume, {format}", "resume", "--format", format)));
        }

        foreach (var (name, path) in tools.Where(tool => IsThere(tool.Name, tool.Path)))
        {
            arms.Add(($"inspect, {name}", () => Inspect($"inspect, {name}", path)));
        }

        for (var round = 0; round <= rounds; round++)
        {
            foreach (var arm in Arms.InTurn(arms, round))
            {
                arm.Measure();
            }

            if (round == 0)
            {
                _fields.Clear();
            }
        }

        Directory.Delete(directory, recursive: true);
        arms.ForEach(arm => Print(arm.Name));
        return 0;
    }

    private static bool IsThere(string name, string path)
    {
        if (!File.Exists(path))
        {
            Console.Error.WriteLine($"The tool, {name}, is not measured: there is no {path}. './fulgurite --version' makes one.");
        }

        return File.Exists(path);
    }

    private void Work(string arm, string work, params string[] arguments)
    {
        var (output, _, cpu) = Run(OwnProcess.Start(["cold", "--worker", work, "--dir", directory, .. arguments]));
        Add(arm, "process_cpu_ms", cpu);
        foreach (var (field, value) in JsonNode.Parse(output)!.AsObject())
        {
            Add(arm, field, (double)value!);
        }
    }

    private void Inspect(string arm, string path)
    {
        string[] line = path.EndsWith(".dll", StringComparison.Ordinal) ? ["dotnet", path] : [path];
        var start = new ProcessStartInfo(line[0], [.. line[1..], "inspect", Path.Combine(directory, "torch.ckpt")])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        };
        var (_, elapsed, cpu) = Run(Process.Start(start)!);
        Add(arm, "first_ms", elapsed);
        Add(arm, "cpu_ms", cpu);
    }

    /// <summary>Waits for the end of a process; returns its output, and its time and processor time in milliseconds.</summary>
    private static (string Output, double Elapsed, double Processor) Run(Process process)
    {
        using (process)
        {
            var start = Stopwatch.GetTimestamp();
            var before = ChildTimes.Now;
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            var elapsed = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            return process.ExitCode == 0
                ? (output, elapsed, (ChildTimes.Now - before).TotalMilliseconds)
                : throw new InvalidOperationException($"{process.StartInfo.FileName} ended with {process.ExitCode}.");
        }
    }

    private void Add(string arm, string field, double value)
    {
        if (!_fields.TryGetValue(arm, out var fields))
        {
            _fields.Add(arm, fields = []);
        }

        if (!fields.TryGetValue(field, out var samples))
        {
            fields.Add(field, samples = new Samples());
        }

        samples.Add(value);
    }

    private void Print(string arm)
    {
        var result = new JsonObject { ["command"] = "cold", ["what"] = arm, ["mb"] = megabytes, ["processes"] = rounds };
        foreach (var (field, samples) in _fields[arm])
        {
            result[field] = JsonLine.Round(samples.Median);
        }

        JsonLine.Print(result);
    }
}
