namespace Fulgurite.Bench.Report.Sections;

/// <summary>What ways of keeping the best and the newest state cost.</summary>
internal sealed class PoliciesSection : ISection
{
    public string Name => "policies";

    public string? ToMarkdown(KeptResults results)
    {
        var runs = results.Named("policies");
        var table = new MarkdownTable(
            "policy", "steps", "validations", "training waited, ms", "longest, ms", "at the end, ms", "together, s", "written, MiB",
            "files", "second names", "kept in memory, MiB");
        foreach (var line in runs.SelectMany(run => run.Lines))
        {
            table.Add(
                TitleOf(line.Text("policy")),
                line.Show("steps"),
                line.Show("validations"),
                line.Show("waited_ms"),
                line.Show("waited_ms_max"),
                line.Show("drain_ms"),
                line.Show("total_s"),
                line.Show("written_mb"),
                line.Show("files_written"),
                line.Show("links"),
                line.Show("memory_mb"));
        }

        return runs.Count == 0 ? null : table + "\n" + Commands.Of(runs);
    }

    private static string TitleOf(string policy) => policy switch
    {
        "none" => "nothing is saved",
        "best-and-last-waiting" => "best and last, while training waits",
        "best-and-last" => "best and last, in the background",
        "best-in-memory" => "best in memory, written at the end",
        _ => policy,
    };
}
