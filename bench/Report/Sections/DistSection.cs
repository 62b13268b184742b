namespace Fulgurite.Bench.Report.Sections;

/// <summary>What several processes add to a step, and what their saves cost.</summary>
internal sealed class DistSection : ISection
{
    public string Name => "dist";

    public string? ToMarkdown(KeptResults results)
    {
        var runs = results.Named("dist");
        var steps = new MarkdownTable(
            "processes", "MiB of gradients", "a step of one process, ms", "with the share of one, ms", "a step, ms", "with overlap, ms",
            "all-reduce, ms", "memcpy, ms", "added, to memcpy", "cores");
        var saves = new MarkdownTable(
            "checkpoint", "MiB", "blocks training, ms", "durable, ms", "by one process, ms", "durable, to one process");
        foreach (var line in runs.SelectMany(run => run.Lines))
        {
            steps.Add(
                line.Show("ranks"),
                (line.Number("bytes_per_rank") / (1 << 20)).Show(),
                line.Show("step_ms_1"),
                line.Show("step_ms_share"),
                line.Show("step_ms_after"),
                line.Show("step_ms"),
                line.Show("allreduce_ms"),
                line.Show("memcpy_ms"),
                line.Show("added_vs_memcpy"),
                line.Show("cores"));
            var size = (line.Number("checkpoint_bytes") / (1 << 20)).Show();
            saves.Add(
                "one file, by rank 0", size, line.Show("save_ms"), line.Show("durable_ms"), line.Show("durable_ms_1"),
                (line.Number("durable_ms") / line.Number("durable_ms_1")).Show());
            saves.Add(
                "sharded, by all", size, line.Show("sharded_save_ms"), line.Show("sharded_durable_ms"), line.Show("sharded_durable_ms_1"),
                line.Show("sharded_durable_vs_1"));
        }

        return runs.Count == 0 ? null : $"{steps}\n{saves}\n{Commands.Of(runs)}";
    }
}
