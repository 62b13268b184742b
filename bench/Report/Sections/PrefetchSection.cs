namespace Fulgurite.Bench.Report.Sections;

/// <summary>What is left of the cost of data that is loaded ahead.</summary>
internal sealed class PrefetchSection : ISection
{
    public string Name => "prefetch";

    public string? ToMarkdown(KeptResults results)
    {
        var runs = results.Named("prefetch");
        var table = new MarkdownTable(
            "loading", "costs, ms", "a step without, ms", "loaded in the step, ms", "loaded ahead, ms", "in the step, to without",
            "ahead, to without", "workers");
        foreach (var line in runs.SelectMany(run => run.Lines))
        {
            table.Add(
                line.Text("loading"),
                line.Show("load_ms"),
                line.Show("step_ms"),
                line.Show("inline_ms"),
                line.Show("prefetch_ms"),
                line.Show("inline_ratio"),
                line.Show("prefetch_ratio"),
                line.Show("workers"));
        }

        return runs.Count == 0 ? null : table + "\n" + Commands.Of(runs);
    }
}
