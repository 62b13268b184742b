namespace Fulgurite.Bench.Report.Sections;

/// <summary>What bf16-mixed precision saves.</summary>
internal sealed class PrecisionSection : ISection
{
    public string Name => "precision";

    public string? ToMarkdown(KeptResults results)
    {
        var runs = results.Named("precision");
        var table = new MarkdownTable(
            "a training step", "float32, ms", "bf16-mixed, ms", "ratio", "95 % between", "instructions for bfloat16", "threads");
        foreach (var line in runs.SelectMany(run => run.Lines))
        {
            table.Add(
                line.Text("network") switch
                {
                    "lstm" => "LSTM(256, 512), 64 steps, batch of 32",
                    "mlp" => "MLP, 4 x 2048, batch of 64",
                    _ => "transformer block, width 512, 64 tokens, batch of 8",
                },
                line.Show("float32_ms"),
                line.Show("mixed_ms"),
                line.Show("ratio"),
                $"{line.Show("ratio_low")} and {line.Show("ratio_high")}",
                line.Text("instructions") is { Length: > 0 } instructions ? instructions : "none",
                line.Show("threads"));
        }

        return runs.Count == 0 ? null : table + "\n" + Commands.Of(runs);
    }
}
