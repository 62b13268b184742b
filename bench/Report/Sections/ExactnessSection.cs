namespace Fulgurite.Bench.Report.Sections;

/// <summary>What reproducible kernels cost.</summary>
internal sealed class ExactnessSection : ISection
{
    public string Name => "exactness";

    public string? ToMarkdown(KeptResults results)
    {
        var runs = results.Named("exactness");
        var table = new MarkdownTable(
            "a training step", "reproducible kernels, us", "default kernels, us", "ratio", "ratio of the least", "threads");
        foreach (var line in runs.SelectMany(run => run.Lines))
        {
            table.Add(
                line.Text("model"), line.Show("with_us"), line.Show("without_us"), line.Show("ratio"), line.Show("ratio_of_least"),
                line.Show("threads"));
        }

        return runs.Count == 0 ? null : table + "\n" + Commands.Of(runs);
    }
}
