namespace Fulgurite.Bench.Report.Sections;

/// <summary>What whole trainings take, to loops by hand.</summary>
internal sealed class TrainingSection : ISection
{
    public string Name => "training";

    public string? ToMarkdown(KeptResults results)
    {
        var runs = results.Named("training");
        var table = new MarkdownTable(
            "training", "steps", "by hand, s", "trainer, s", "ratio", "95 % between", "trainer and fused optimizer, s", "ratio",
            "95 % between", "same weights", "trainings");
        foreach (var line in runs.SelectMany(run => run.Lines))
        {
            table.Add(
                line.Text("work") == "xml" ? "AttentionXml, flat" : "CharacterLanguageModel",
                line.Show("steps"),
                line.Show("hand_s"),
                line.Show("trainer_s"),
                line.Show("trainer_ratio"),
                $"{line.Show("trainer_ratio_low")} and {line.Show("trainer_ratio_high")}",
                line.Show("fused_s"),
                line.Show("fused_ratio"),
                $"{line.Show("fused_ratio_low")} and {line.Show("fused_ratio_high")}",
                (bool)line["equal_weights"]! ? "yes" : "no",
                line.Show("rounds"));
        }

        return runs.Count == 0 ? null : table + "\n" + Commands.Of(runs);
    }
}
