namespace Fulgurite.Bench.Report.Sections;

/// <summary>What the first use in a process costs.</summary>
internal sealed class ColdSection : ISection
{
    public string Name => "cold";

    public string? ToMarkdown(KeptResults results)
    {
        var runs = results.Named("cold");
        var table = new MarkdownTable(
            "in a new process", "first, ms", "second, ms", "processor time of the first, ms", "methods compiled", "compiling, ms");
        foreach (var line in runs.SelectMany(run => run.Lines))
        {
            table.Add(
                line.Text("what"), line.Show("first_ms"), line.Show("second_ms"), line.Show("cpu_ms"), line.Show("methods"),
                line.Show("jit_ms"));
        }

        return runs.Count == 0 ? null : table + "\n" + Commands.Of(runs);
    }
}
