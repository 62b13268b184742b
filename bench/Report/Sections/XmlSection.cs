namespace Fulgurite.Bench.Report.Sections;

/// <summary>What best and last at every validation cost a training of AttentionXML.</summary>
internal sealed class XmlSection : ISection
{
    public string Name => "xml";

    public string? ToMarkdown(KeptResults results)
    {
        var runs = results.Named("xml");
        var table = new MarkdownTable("arm", "model", "state, MiB", "saves", "durable", "training waited, ms", "longest, ms", "written, bytes", "training, s", "added share", "peak memory, MiB");
        foreach (var line in runs.SelectMany(run => run.Lines))
        {
            table.Add(
                line.Text("arm"),
                line.Text("shape"),
                line.Show("state_mb"),
                line.Show("saves"),
                line.Show("durable"),
                line.Show("wait_ms"),
                line.Show("wait_ms_max"),
                line.Show("bytes_written"),
                line.Show("total_s"),
                line.Show("added_share"),
                line.Show("peak_mb"));
        }

        return runs.Count == 0 ? null : table + "\n" + Commands.Of(runs);
    }
}
