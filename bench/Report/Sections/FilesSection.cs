using System.Text.Json.Nodes;
using Fulgurite.Bench.Report.Svg;

namespace Fulgurite.Bench.Report.Sections;

/// <summary>How fast files are written and read.</summary>
internal sealed class FilesSection : ISection
{
    public string Name => "files";

    public string PlotName => "files.svg";

    public string? ToMarkdown(KeptResults results)
    {
        var runs = results.Named("files");
        var table = new MarkdownTable(
            "format", "shape", "tensors", "MiB", "save, GB/s", "of live tensors", "raw write", "gathered", "save, to raw", "to gathered",
            "torch.save, synced", "torch.save", "Module.save", "PyBridge", "load, GB/s", "raw read", "scattered", "load, to raw",
            "to scattered", "torch.load", "Module.load", "PyBridge", "attach, ms", "goal", "CPU s/GB", "of live tensors",
            "memory beside the state, MiB");
        foreach (var line in Ordered(runs))
        {
            table.Add(
                line.Text("format"),
                line.Text("shape"),
                line.Show("tensors"),
                line.Show("mb"),
                line.Show("save_gbps"),
                line.Show("save_live_gbps"),
                line.Show("raw_write_gbps"),
                line.Show("raw_gathered_gbps"),
                line.Show("save_vs_raw"),
                line.Show("save_vs_gathered"),
                line.Show("torch_save_fsync_gbps"),
                line.Show("torch_save_gbps"),
                line.Show("module_save_gbps"),
                line.Show("pybridge_save_gbps"),
                line.Show("load_gbps"),
                line.Show("raw_read_gbps"),
                line.Show("raw_scattered_gbps"),
                line.Show("load_vs_raw"),
                line.Show("load_vs_scattered"),
                line.Show("torch_load_gbps"),
                line.Show("module_load_gbps"),
                line.Show("pybridge_load_gbps"),
                line.Show("attach_ms"),
                line.Show("attach_ms_goal"),
                line.Show("cpu_s_per_gb"),
                line.Show("live_cpu_s_per_gb"),
                line.Show("peak_mb"));
        }

        return runs.Count == 0 ? null : Commands.Picture(PlotName, "Throughput of files") + table + "\n" + Commands.Of(runs);
    }

    public string? ToPlot(KeptResults results)
    {
        // The table has all shapes; a picture of all would tell no more.
        var lines = Ordered(results.Named("files")).Where(line => line.Text("shape") != "tied").ToList();
        var groups = lines.GroupBy(line => line.Text("shape"), StringComparer.Ordinal)
            .SelectMany(
                shape => new[]
                {
                    Group(shape.Key, [.. shape], "durable save", "save", "raw_write"),
                    Group(shape.Key, [.. shape], "load", "load", "raw_read"),
                })
            .Where(group => group.Bars.Count > 0).ToList();
        return groups.Count == 0
            ? null
            : new BarChart("Writing and reading checkpoint files", "GB/s, median: more is better", groups, IsLogarithmic: false).ToSvg();
    }

    private static BarGroup Group(string shape, List<JsonObject> lines, string title, string ours, string raw)
    {
        var first = lines.Find(line => line.NumberOrNull("torch_save_gbps") is not null) ?? lines[0];
        var bars = lines.Select(
            line => Of(
                $"Fulgurite, {line.Text("format")}", line.NumberOrNull($"{ours}_gbps"),
                line.Text("format") == "torch" ? "ours" : "ours-second")).ToList();
        bars.Add(
            ours == "save"
                ? Of("Python, torch.save + fsync", first.NumberOrNull("torch_save_fsync_gbps"), "peer")
                : Of("Python, torch.load", first.NumberOrNull("torch_load_gbps"), "peer"));
        bars.Add(
            ours == "save"
                ? Of("TorchSharp, Module.save", first.NumberOrNull("module_save_gbps"), "peer-second")
                : Of("TorchSharp, Module.load", first.NumberOrNull("module_load_gbps"), "peer-second"));
        bars.Add(Of(ours == "save" ? "raw durable write" : "raw read", first.NumberOrNull($"{raw}_gbps"), "floor"));
        return new BarGroup($"{title}, {first.Show("tensors")} tensors ({shape})", [.. bars.OfType<Bar>()]);
    }

    private static Bar? Of(string title, double? value, string role) =>
        value is { } speed && double.IsFinite(speed) && speed > 0 ? new Bar(title, speed, $"{speed.Show()} GB/s", role) : null;

    private static IEnumerable<JsonObject> Ordered(IEnumerable<KeptRun> runs) =>
        runs.SelectMany(run => run.Lines).OrderBy(line => Array.IndexOf(["few", "transformer", "many", "tied"], line.Text("shape")))
            .ThenByDescending(line => line.Text("format"), StringComparer.Ordinal);
}
