using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fulgurite.Bench.Report;

/// <summary>What <c>all</c> kept: a file of JSON lines a measurement, the first of which tells the command.</summary>
/// <param name="Machine">What it was measured on; null if that was not kept.</param>
/// <param name="Runs">The measurements.</param>
internal sealed record KeptResults(JsonObject? Machine, IReadOnlyList<KeptRun> Runs)
{
    /// <summary>Reads a folder.</summary>
    /// <exception cref="InvalidDataException">A file holds something else; it is named, with the line.</exception>
    public static KeptResults Read(string directory)
    {
        JsonObject? machine = null;
        var runs = new List<KeptRun>();
        foreach (var path in Directory.EnumerateFiles(directory, "*.jsonl").Order(StringComparer.Ordinal))
        {
            var lines = File.ReadAllLines(path).Select((line, index) => Parse(path, index + 1, line)).ToList();
            switch ((string?)lines.FirstOrDefault()?["command"])
            {
                case "machine":
                    machine = lines[0];
                    break;
                case "run":
                    var run = lines[0];
                    runs.Add(new KeptRun(
                        run.Text("name"), run.Text("line"), run.Number("seconds"), run.NumberOrNull("load"), (string?)run["fulgurite"],
                        lines[1..]));
                    break;
                default:
                    throw new InvalidDataException(
                        $"{path}, line 1: neither a machine nor a run, so not kept by './bench.sh all'. Remove the file.");
            }
        }

        var version = (string?)machine?["fulgurite"];
        return new KeptResults(
            machine, [.. runs.Select(run => run.EarlierVersion == version ? run with { EarlierVersion = null } : run)]);
    }

    /// <summary>The measurements whose names begin so, with a line at least.</summary>
    public IReadOnlyList<KeptRun> Named(string prefix) =>
        [.. Runs.Where(run => run.Name.StartsWith(prefix, StringComparison.Ordinal) && run.Lines.Count > 0)];

    private static JsonObject Parse(string path, int number, string line)
    {
        try
        {
            return JsonNode.Parse(line) as JsonObject ?? throw new JsonException("It is no object.");
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException(
                $"{path}, line {number}: no JSON object. Remove the file, and measure again what it was. {exception.Message}", exception);
        }
    }
}
