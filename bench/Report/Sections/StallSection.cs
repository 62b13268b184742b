using Fulgurite.Bench.Report.Svg;

namespace Fulgurite.Bench.Report.Sections;

/// <summary>What one save costs the training thread.</summary>
internal sealed class StallSection : ISection
{
    public string Name => "stall";

    public string PlotName => "stall.svg";

    public string? ToMarkdown(KeptResults results)
    {
        var table = new MarkdownTable(
            "state", "way of saving", "a save, ms", "the longest, ms", "a step, ms", "the step after a save, ms", "saves",
            "of them durable");
        foreach (var (size, lines) in StallArms.BySize(results))
        {
            foreach (var line in lines.Where(line => !StallArms.Saves(line)))
            {
                table.Add(size, StallArms.TitleOf(line), "–", "–", line.Show("step_ms"), "–", "–", "–");
            }

            foreach (var line in StallArms.Saving(lines))
            {
                var durable = StallArms.IsPeer(line) ? "–" : line.Show("durable");
                table.Add(
                    size, StallArms.TitleOf(line), line.Show("save_ms"), line.Show("save_ms_max"), line.Show("step_ms"),
                    line.Show("step_after_ms"), line.Show("saves"), durable);
            }
        }

        var runs = results.Named("stall-");
        return runs.Count == 0
            ? null
            : Commands.Picture(PlotName, "What one save costs the training thread") + table + "\n" + Commands.Of(runs);
    }

    public string? ToPlot(KeptResults results)
    {
        var groups = StallArms.BySize(results).Select(size => new BarGroup(
            $"state of {size.Size}",
            [
                .. StallArms.Saving(size.Lines).Select(
                    line => new Bar(StallArms.TitleOf(line), line.Number("save_ms"), $"{line.Show("save_ms")} ms", StallArms.RoleOf(line))),
            ])).ToList();
        return groups.Count == 0
            ? null
            : new BarChart(
                "What one save costs the training thread", "milliseconds, median, logarithmic: less is better", groups, IsLogarithmic: true)
            .ToSvg();
    }
}
