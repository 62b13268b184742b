namespace Fulgurite.Bench.Report.Sections;

/// <summary>What it takes to turn live tensors into a snapshot.</summary>
internal sealed class CaptureSection : ISection
{
    public string Name => "capture";

    public string? ToMarkdown(KeptResults results)
    {
        var runs = results.Named("capture");
        var table = new MarkdownTable(
            "shape", "tensors", "MiB", "overlapped, ms", "the longest, ms", "us a tensor", "blocking, ms", "blocking, to a parallel memcpy",
            "memory, MiB");
        foreach (var line in runs.SelectMany(run => run.Lines))
        {
            table.Add(
                line.Text("shape"),
                line.Show("tensors"),
                line.Show("mb"),
                line.Show("overlapped_ms"),
                line.Show("overlapped_ms_max"),
                line.Show("us_per_tensor"),
                line.Show("blocking_ms"),
                line.Show("capture_vs_memcpy"),
                line.Show("peak_mb"));
        }

        return runs.Count == 0 ? null : table + "\n" + Commands.Of(runs);
    }
}
