using System.Text.Json.Nodes;

namespace Fulgurite.Bench.Report.Sections;

/// <summary>What it was measured on.</summary>
internal sealed class MachineSection : ISection
{
    private static readonly (string Field, string Title)[] Rows =
    [
        ("date", "date"), ("processor", "processor"), ("cores", "cores"), ("memory_gb", "memory, GiB"),
        ("file_system", "file system of the checkpoints"),
        ("system", "system"), ("dotnet", ".NET"), ("torchsharp", "TorchSharp"), ("fulgurite", "Fulgurite"), ("peer", "Python beside it"),
    ];

    public string Name => "machine";

    public string? ToMarkdown(KeptResults results)
    {
        if (results.Machine is not { } machine)
        {
            return null;
        }

        var table = new MarkdownTable("machine", string.Empty);
        foreach (var (field, title) in Rows)
        {
            if (machine[field] is JsonValue value)
            {
                table.Add(title, value.TryGetValue<double>(out var number) ? number.Show() : value.ToString());
            }
        }

        table.Add("time of the measurements", $"{results.Runs.Sum(run => run.Seconds) / 60:0.0} minutes");
        if (results.Runs.Where(run => run.Load is not null).ToList() is { Count: > 0 } loads)
        {
            table.Add(
                "threads that wanted a processor before each measurement",
                $"{loads.Min(run => run.Load).Show()} to {loads.Max(run => run.Load).Show()}");
        }

        return table.ToString();
    }
}
