namespace Fulgurite.Bench.Report.Sections;

/// <summary>Saves to and loads from object stores.</summary>
internal sealed class ObjectsSection : ISection
{
    public string Name => "objects";

    public string? ToMarkdown(KeptResults results)
    {
        var runs = results.Named("objects");
        var speeds = new MarkdownTable(
            "store", "MiB", "up, MB/s", "SDK, MB/s", "ratio", "down, MB/s", "SDK, MB/s", "ratio",
            "CPU of up and SDK, s/GB", "CPU of down and SDK, s/GB", "cores");
        var slow = new MarkdownTable(
            "store that does not answer", "for, s", "saves", "durable", "superseded", "blocks training, ms", "with a local folder, ms",
            "TorchSharp's Adam, ms", "with a local folder, ms");
        foreach (var line in runs.SelectMany(run => run.Lines))
        {
            speeds.Add(
                line.Text("store"),
                line.Show("mb"),
                line.Show("up_mbps"),
                line.Show("sdk_up_mbps"),
                line.Show("up_vs_sdk"),
                line.Show("down_mbps"),
                line.Show("sdk_down_mbps"),
                line.Show("down_vs_sdk"),
                $"{line.Show("up_cpu_s_per_gb")} and {line.Show("sdk_up_cpu_s_per_gb")}",
                $"{line.Show("down_cpu_s_per_gb")} and {line.Show("sdk_down_cpu_s_per_gb")}",
                line.Show("cores"));
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
