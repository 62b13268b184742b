using Fulgurite.Bench.Report.Svg;

namespace Fulgurite.Bench.Report.Sections;

/// <summary>How long steps take that lie around a save.</summary>
internal sealed class StepsSection : ISection
{
    public string Name => "steps";

    public string PlotName => "steps.svg";

    public string? ToMarkdown(KeptResults results)
    {
        if (Smallest(results) is not { } run)
        {
            return null;
        }

        var labels = Labels(run);
        var table = new MarkdownTable(["way of saving, ms", .. labels]);
        foreach (var line in run.Lines)
        {
            table.Add([StallArms.TitleOf(line), .. Around(line.Numbers("around_ms")).Select(time => time.Show())]);
        }

        return Commands.Picture(PlotName, "Steps around a save") + table + "\n" + Commands.Of([run]);
    }

    public string? ToPlot(KeptResults results)
    {
        if (Smallest(results) is not { } run)
        {
            return null;
        }

        var lines = run.Lines.Where(line => line.Text("io") != "safetensors")
            .Select(line => new PlotLine(StallArms.TitleOf(line), StallArms.RoleOf(line), Around(line.Numbers("around_ms")))).ToList();
        return new LineChart(
            $"Steps around a save, state of {StallArms.SizeOf(run.Lines[0].Number("state_mb"))}",
            "milliseconds of the training thread, median, logarithmic", Labels(run), lines).ToSvg();
    }

    private static KeptRun? Smallest(KeptResults results) => results.Named("stall-")
        .Where(run => run.Lines.All(line => line.Numbers("around_ms").Count > 1))
        .MinBy(run => run.Lines[0].Number("state_mb"));

    private static string[] Labels(KeptRun run)
    {
        var count = run.Lines[0].Numbers("around_ms").Count;
        return ["the step before", "the step that saves", .. Enumerable.Range(1, count - 2).Select(after => $"{after} after")];
    }

    // The first is the step that saves, the last the one before the next save.
    private static IReadOnlyList<double> Around(IReadOnlyList<double> times) => [times[^1], .. times.Take(times.Count - 1)];
}
