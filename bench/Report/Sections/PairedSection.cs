using System.Text.Json.Nodes;

namespace Fulgurite.Bench.Report.Sections;

/// <summary>What saving adds to a whole training.</summary>
internal sealed class PairedSection : ISection
{
    public string Name => "paired";

    public string? ToMarkdown(KeptResults results)
    {
        var runs = results.Named("paired");
        var table = new MarkdownTable(
            "processors that compute", "optimizer", "saving", "added to the training", "95 % between",
            "the step after a save, to one without", "95 % between", "a save, ms", "a step, ms", "pairs", "saves", "durable", "superseded");
        foreach (var line in runs.SelectMany(run => run.Lines))
        {
            table.Add(
                $"{line.Show("threads")} of {line.Show("cores")}",
                line["optimizer"] is null ? "torch" : line.Text("optimizer"),
                TitleOf(line),
                Percent(line, "added_percent"),
                $"{Percent(line, "added_percent_low")} and {Percent(line, "added_percent_high")}",
                line.Show("step_after_ratio"),
                $"{line.Show("step_after_ratio_low")} and {line.Show("step_after_ratio_high")}",
                line.Number("saves") > 0 ? line.Show("save_ms") : "–",
                line.Show("step_ms"),
                line.Show("pairs"),
                line.Show("saves"),
                line.Show("durable"),
                line.Show("superseded"));
        }

        return runs.Count == 0 ? null : table + "\n" + Commands.Of(runs);
    }

    private static string TitleOf(JsonObject line) => line.Text("way") switch
    {
        "durable" => $"every {line.Show("of_steps")} steps, every save durable",
        "back-to-back" => "every step at which no other save is pending",
        "superseding" => "every step, newer supersede waiting ones",
        "incremental" => $"every {line.Show("of_steps")} steps, best and last as increments, every save durable",
        "write-increment" => $"every {line.Show("of_steps")} steps, one thread writes as many bytes as these increments",
        "write" => $"every {line.Show("of_steps")} steps, one thread writes as many bytes",
        "write-continuously" => "at all times, one thread writes as many bytes, again and again",
        "torch-none" => "none, and TorchSharp's Adam instead of FusedAdam",
        "memcpy-write" => $"every {line.Show("of_steps")} steps, one thread copies and writes as many bytes",
        _ => $"none: the noise, of {line.Show("of_steps")} steps",
    };

    private static string Percent(JsonObject line, string field) => FormattableString.Invariant($"{line.Number(field):+0.00;-0.00;0.00} %");
}
