using System.Text.Json.Nodes;
using Fulgurite.Bench.Report.Svg;

namespace Fulgurite.Bench.Report.Sections;

/// <summary>What the trainer adds to a loop by hand.</summary>
internal sealed class LoopSection : ISection
{
    private static readonly (string Field, string? Added, string Title, string Role)[] Arms =
    [
        ("raw_us", null, "TorchSharp, by hand", "floor"),
        ("trainer_us", "added_us", "Fulgurite, no callbacks", "ours"),
        ("callbacks_us", "callbacks_added_us", "Fulgurite, with callbacks", "ours"),
        ("python_us", null, "Python, by hand", "floor"),
        ("lightning_us", "lightning_added_us", "Lightning, no callbacks", "peer"),
        ("lightning_callbacks_us", "lightning_callbacks_added_us", "Lightning, with callbacks", "peer"),
    ];

    public string Name => "loop";

    public string PlotName => "loop.svg";

    public string? ToMarkdown(KeptResults results)
    {
        if (Line(results) is not { } line)
        {
            return null;
        }

        var table = new MarkdownTable("loop", "a step, us", "added to a loop by hand, us", "goal, us");
        foreach (var (field, added, title, _) in Arms.Where(arm => line.NumberOrNull(arm.Field) is not null))
        {
            table.Add(
                title, line.Show(field), added is null ? string.Empty : line.Show(added),
                added is null || line.NumberOrNull(added + "_goal") is not { } goal ? string.Empty : $"{goal.Show()} at most");
        }

        var notes =
            $"Tensors alive after a fit that were not before: {line.Show("live_tensors_added")}. Steps of a fit: {line.Show("steps")}."
            + ((string?)line["peer"] is { } peer ? $" Beside it: {peer}." : string.Empty);
        return Commands.Picture(PlotName, "A step of the smallest model") + table + "\n" + notes + "\n\n"
            + Commands.Of(results.Named("loop"));
    }

    public string? ToPlot(KeptResults results)
    {
        if (Line(results) is not { } line)
        {
            return null;
        }

        var bars = Arms.Where(arm => line.NumberOrNull(arm.Field) is not null).Select(arm =>
        {
            var added = arm.Added is null ? string.Empty : FormattableString.Invariant($" ({line.Number(arm.Added):+0.0;-0.0})");
            return new Bar(arm.Title, line.Number(arm.Field), $"{line.Show(arm.Field)} us{added}", arm.Role);
        });
        return new BarChart(
            "A step of the smallest model", "microseconds, median (and what is added to a loop by hand): less is better",
            [new BarGroup("Linear(32, 2), batch of 8, SGD, one thread", [.. bars])], IsLogarithmic: false).ToSvg();
    }

    private static JsonObject? Line(KeptResults results) => results.Named("loop").SelectMany(run => run.Lines).FirstOrDefault();
}
