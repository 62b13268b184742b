namespace Fulgurite.Bench.Report.Sections;

/// <summary>What increments cost beside full files.</summary>
internal sealed class IncrementalSection : ISection
{
    public string Name => "incremental";

    public string? ToMarkdown(KeptResults results)
    {
        var runs = results.Named("incremental");
        var table = new MarkdownTable(
            "changed rows are found by", "MiB", "changed", "increments", "bytes to a full file", "capture, ms", "of a full file",
            "write, ms", "of a full file", "ratio", "processor time, ms", "of a full file", "load of the chain, ms", "of a full file",
            "ratio");
        foreach (var line in runs.SelectMany(run => run.Lines))
        {
            table.Add(
                line.Text("arm") == "rows" ? "records of sparse steps, in the background" : "hashes",
                line.Show("mb"),
                FormattableString.Invariant($"{line.Number("share") * 100:0.##} %"),
                line.Show("chain"),
                line.Show("bytes_share"),
                line.Show("capture_ms"),
                line.Show("capture_full_ms"),
                line.Show("increment_ms"),
                line.Show("full_ms"),
                line.Show("time_share"),
                line.Show("processor_ms"),
                line.Show("processor_full_ms"),
                line.Show("load_chain_ms"),
                line.Show("load_full_ms"),
                line.Show("load_ratio"));
        }

        return runs.Count == 0 ? null : table + "\n" + Commands.Of(runs);
    }
}
