namespace Fulgurite.Bench.Report.Sections;

/// <summary>Saves to and loads from object stores.</summary>
internal sealed class ObjectsSection : ISection
{
    private static readonly (string Field, string Text, string? Ratio)[] Transfers =
    [
        ("up", "save", null),
        ("sdk_up", "SDK, from a file", "up_vs_sdk_up"),
        ("down", "load", null),
        ("sdk_nowhere", "SDK, to nowhere", "down_vs_sdk_nowhere"),
        ("sdk_file", "SDK, to a file", "down_vs_sdk_file"),
        ("sdk_memory", "SDK, to new memory", "down_vs_sdk_memory"),
    ];

    public string Name => "objects";

    public string? ToMarkdown(KeptResults results)
    {
        var runs = results.Named("objects");
        var speeds = new MarkdownTable("store", "MiB", "transfer", "MB/s", "speed of ours / SDK", "CPU, s/GB", "cores");
        var slow = new MarkdownTable(
            "store that does not answer", "for, s", "saves", "durable", "superseded", "blocks training, ms", "with a local folder, ms",
            "TorchSharp's Adam, ms", "with a local folder, ms");
        foreach (var line in runs.SelectMany(run => run.Lines))
        {
            foreach (var (field, text, ratio) in Transfers)
            {
                speeds.Add(
                    line.Text("store"), line.Show("mb"), text, line.Show($"{field}_mbps"), ratio is null ? "" : line.Show(ratio),
                    line.Show($"{field}_cpu_s_per_gb"), line.Show("cores"));
            }

            slow.Add(
                line.Text("store"),
                line.Show("delay_s"),
                line.Show("saves"),
                line.Show("durable"),
                line.Show("superseded"),
                line.Show("save_ms"),
                line.Show("local_save_ms"),
                line.Show("unfused_save_ms"),
                line.Show("local_unfused_save_ms"));
        }

        return runs.Count == 0 ? null : $"{speeds}\n{slow}\n{Commands.Of(runs)}";
    }
}
