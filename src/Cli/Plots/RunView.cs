using Fulgurite.Loggers;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Fulgurite.Cli;

/// <summary>
/// A run on a terminal: a line of its position, and plots of loss, learning rate, step time and saves, or of named metrics.
/// </summary>
internal static class RunView
{
    /// <summary>The number of columns from which two plots stand in a row.</summary>
    private const int TwoColumns = 60;

    private const int Gap = 2;

    /// <summary>Creates the view.</summary>
    /// <param name="run">The run.</param>
    /// <param name="metrics">The metrics to plot, one each; none for the four standard plots.</param>
    /// <param name="width">The number of columns.</param>
    /// <param name="height">The number of lines of each plot.</param>
    public static IRenderable Of(LoggedRun run, IReadOnlyList<string> metrics, int width, int height)
    {
        var across = width >= TwoColumns ? 2 : 1;
        var each = (width - (Gap * (across - 1))) / across;
        var plots = metrics.Count == 0
            ? Standard(run.Report, each, height)
            : [.. metrics.Select(name => Named(run.Report, name, each, height))];
        var grid = new Grid { Width = width };
        for (var column = 0; column < across; column++)
        {
            grid.AddColumn(new GridColumn { Width = each, Padding = new Padding(0, 0, column == across - 1 ? 0 : Gap, 0), NoWrap = true });
        }

        foreach (var row in plots.Chunk(across))
        {
            grid.AddRow([.. row.Select(plot => (IRenderable)new Markup(string.Join('\n', plot)))]);
        }

        return new Rows(new Text(Position(run), new Style(decoration: Decoration.Bold)), grid);
    }

    private static List<IReadOnlyList<string>> Standard(RunReport report, int width, int height)
    {
        var saves = report.Checkpoints.Select(row => (row.Step, row.Stall * 1000)).ToList();
        return
        [
            BraillePlot.Draw(
                "loss",
                [
                    .. report.Metrics.Where(metric => metric.Key.Contains("loss", StringComparison.OrdinalIgnoreCase)).Select(
                        metric => Curve.Of(metric.Key, metric.Value)),
                ],
                width, height),
            BraillePlot.Draw(
                "learning rate",
                [.. report.Metrics.Where(metric => IsLearningRate(metric.Key)).Select(metric => Curve.Of(metric.Key, metric.Value))], width,
                height),
            BraillePlot.Draw(
                "step time", report.StepTime.Points.Count > 0 ? [Curve.Of("step time", report.StepTime)] : [], width, height, " ms"),
            BraillePlot.Draw(
                "saves", saves.Count > 0 ? [new Curve("training waited", saves, saves[^1].Item2)] : [], width, height, " ms",
                fromZero: true),
        ];
    }

    private static IReadOnlyList<string> Named(RunReport report, string name, int width, int height) =>
        report.Metrics.TryGetValue(name, out var series)
        ? BraillePlot.Draw(name, [Curve.Of(name, series)], width, height)
        : throw new UsageException($"The run has no metric '{name}'. Its metrics: {string.Join(", ", report.Metrics.Keys)}.");

    private static bool IsLearningRate(string name) =>
        name is "lr" or "learning_rate"
            || (name.StartsWith("lr", StringComparison.OrdinalIgnoreCase) && name.Length > 2 && name[2] is '-' or '/' or '_');

    private static string Position(LoggedRun run)
    {
        var report = run.Report;
        var saves = report.Checkpoints.Count == 0 ? string.Empty : $", {Amounts.Count(report.Checkpoints.Count, "save")}";
        return $"{run.Id}  {report.Status}, step {Amounts.Count(report.Step)}, epoch {Amounts.Count(report.Epoch)}, "
            + $"{Amounts.Age(TimeSpan.FromSeconds(report.Seconds))}{saves}";
    }
}
