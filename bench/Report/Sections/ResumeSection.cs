namespace Fulgurite.Bench.Report.Sections;

/// <summary>How long a resume takes up to the first batch.</summary>
internal sealed class ResumeSection : ISection
{
    public string Name => "resume";

    public string? ToMarkdown(KeptResults results)
    {
        var runs = results.Named("resume");
        var table = new MarkdownTable(
            "format", "shape", "optimizer", "tensors", "MiB", "resume, ms", "load, ms", "restore, ms", "start without, ms",
            "raw read + memcpy, ms", "to floor", "two passes, ms", "to two passes", "empty page cache, ms", "raw read then, ms",
            "memory beside the state, MiB",
            "torch.load, ms", "Module.load, ms");
        foreach (var line in runs.SelectMany(run => run.Lines)
            .OrderByDescending(line => line.Text("optimizer"), StringComparer.Ordinal)
            .ThenBy(line => Array.IndexOf(["few", "transformer", "many", "tied"], line.Text("shape")))
            .ThenByDescending(line => line.Text("format"), StringComparer.Ordinal))
        {
            table.Add(
                line.Text("format"),
                line.Text("shape"),
                line.Text("optimizer"),
                line.Show("tensors"),
                line.Show("mb"),
                line.Show("resume_ms"),
                line.Show("verify_ms"),
                line.Show("copy_ms"),
                line.Show("start_ms"),
                (line.Number("raw_read_ms") + line.Number("memcpy_ms")).Show(),
                line.Show("resume_vs_floor"),
                line.Show("two_passes_ms"),
                line.Show("resume_vs_two_passes"),
                line.Show("resume_cold_ms"),
                line.Show("raw_read_cold_ms"),
                line.Show("peak_mb"),
                line.Show("torch_load_ms"),
                line.Show("module_load_ms"));
        }

        return runs.Count == 0 ? null : table + "\n" + Commands.Of(runs);
    }
}
