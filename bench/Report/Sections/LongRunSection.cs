namespace Fulgurite.Bench.Report.Sections;

/// <summary>What a training takes altogether that saves often and durably.</summary>
internal sealed class LongRunSection : ISection
{
    public string Name => "long";

    public string? ToMarkdown(KeptResults results)
    {
        var runs = results.Named("long");
        var table = new MarkdownTable("way of saving", "state", "steps", "a save every", "steps alone, s", "what is still written then, s", "together, s", "steps alone, to no saving", "together, to no saving", "saves", "of them durable");
        foreach (var line in runs.SelectMany(run => run.Lines))
        {
            var drain = line.Number("drain_s");
            table.Add(
                StallArms.TitleOf(line),
                StallArms.SizeOf(line.Number("state_mb")),
                line.Show("steps"),
                $"{line.Show("every")} steps",
                (line.Number("total_s") - drain).Show(),
                drain.Show(),
                line.Show("total_s"),
                Percent(line.NumberOrNull("train_vs_none")),
                Percent(line.NumberOrNull("total_vs_none")),
                line.Show("saves"),
                line.Show("durable"));
        }

        return runs.Count == 0 ? null : table + "\n" + Commands.Of(runs);
    }

    private static string Percent(double? ratio) => ratio is { } value ? FormattableString.Invariant($"{(value - 1) * 100:+0.0;-0.0;0.0} %") : "–";
}
