using System.Text.Json.Nodes;

namespace Fulgurite.Bench.Report.Sections;

/// <summary>What best and last at every validation cost a training of AttentionXML at its published sizes.</summary>
internal sealed class XmlSection : ISection
{
    public string Name => "xml";

    public string? ToMarkdown(KeptResults results)
    {
        var runs = results.Named("xml").Where(run => run.Name is "xml" or "xml-python").ToList();
        var table = new MarkdownTable(
            "saving", "state, MiB", "optimizer", "steps", "validations", "saves", "durable", "training waited, ms", "longest, ms",
            "copies in steps, ms", "at the end, ms", "written, MiB", "together, s", "added", "processor time, s",
            "peak memory to the state");
        foreach (var line in runs.SelectMany(run => run.Lines))
        {
            table.Add(
                TitleOf(line.Text("arm")),
                line.Show("state_mb"),
                line.Text("optimizer"),
                line.Show("steps"),
                line.Show("validations"),
                line.Show("saves"),
                line.Text("arm") == "python-torch-save" ? "not synced" : line.Show("durable"),
                line.Show("wait_ms"),
                line.Show("wait_ms_max"),
                line.Show("step_copy_ms"),
                line.Show("drain_ms"),
                (line.Number("bytes_written") / (1 << 20)).Show(),
                line.Show("total_s"),
                Added(line),
                line.Show("processor_s"),
                line.Show("peak_of_state"));
        }

        return runs.Count == 0 ? null : table + "\n" + Commands.Of(runs);
    }

    private static string Added(JsonObject line) =>
        line.Text("arm") is not ("none" or "python-none") && line.NumberOrNull("added_share") is { } share
            ? FormattableString.Invariant($"{share * 100:+0.0;-0.0;0.0} %")
            : "–";

    private static string TitleOf(string arm) => arm switch
    {
        "none" => "none",
        "torch" => "`TorchCheckpointIO`, while training waits",
        "async" => "`TorchCheckpointIO` in the background",
        "async-best-in-ram" => "the same, the best kept in memory",
        "incremental" => "`IncrementalCheckpointIO` in the background",
        "python-none" => "Python: none",
        "python-torch-save" => "Python: torch.save",
        _ => arm,
    };
}
