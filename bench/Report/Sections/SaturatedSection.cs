namespace Fulgurite.Bench.Report.Sections;

/// <summary>What a save costs while the disk is busy.</summary>
internal sealed class SaturatedSection : ISection
{
    public string Name => "saturated";

    public string? ToMarkdown(KeptResults results)
    {
        var runs = results.Named("saturated");
        var table = new MarkdownTable(
            "state, MiB", "others write, GB/s", "saves", "durable", "a write, ms", "waited for storage", "a save, ms", "p99", "p99.9",
            "the longest", "p99.9 to the median", "process at first, MiB", "at the end", "at most", "snapshots at most, MiB");
        foreach (var line in runs.SelectMany(run => run.Lines))
        {
            table.Add([.. new[]
            {
                "state_mb", "disk_gbps", "saves", "durable", "write_ms", "waits", "save_ms", "save_ms_p99", "save_ms_p999", "save_ms_max",
                "p999_to_median", "process_mb_first", "process_mb_last", "process_mb_max", "snapshots_mb_max",
            }.Select(line.Show)]);
        }

        return runs.Count == 0 ? null : table + "\n" + Commands.Of(runs);
    }
}
