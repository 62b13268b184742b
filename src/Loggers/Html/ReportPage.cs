using System.Globalization;
using System.Net;
using System.Text;

namespace Fulgurite.Loggers;

/// <summary>Creates the page of a report: a self-contained file without scripts.</summary>
internal sealed class ReportPage(RunReport report)
{
    private const int MostRows = 30;

    private static readonly (string Phase, string Name, int Color)[] PhaseNames =
    [
        (PhaseClock.Data, "waiting for data", 4), (PhaseClock.Forward, "forward", 0), (PhaseClock.Backward, "backward", 3), (PhaseClock.Optimizer, "optimizer", 2),
        (PhaseClock.Validation, "validation", 1), (Checkpoints, "waiting for checkpoints", 5), (Rest, "everything else", -1),
    ];

    private const string Checkpoints = "checkpoints";
    private const string Rest = "rest";

    private readonly StringBuilder _html = new();

    public string Write()
    {
        Append($"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{Text(report.Title)}</title>\n");
        if (report.Status == RunReport.Running)
        {
            Append($"<meta http-equiv=\"refresh\" content=\"30\">");
        }

        Append($"<style>\n{ReportStyle.Css}\n</style></head>\n<body><main>\n");
        Header();
        Tiles();
        Charts();
        TimeSpent();
        CheckpointTable();
        HyperParameters();
        Append($"</main>\n{ReportData.Element(report)}\n</body></html>\n");
        return _html.ToString();
    }

    private void Header()
    {
        Append($"<header><h1>{Text(report.Title)}</h1><span class=\"badge {report.Status}\">{report.Status}</span><p>started {report.Started.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC, last written {report.Updated.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC");
        if (report.Resumes.Count > 0)
        {
            Append($"; resumed at step {string.Join(", ", report.Resumes)}");
        }

        Append($"</p></header>\n");
    }

    private void Tiles()
    {
        var durable = report.Checkpoints.Count(row => row.Outcome == "durable");
        Append($"<div class=\"tiles\">");
        Tile(report.Step.ToString("N0", CultureInfo.InvariantCulture), "optimizer steps");
        Tile(report.Epoch.ToString("N0", CultureInfo.InvariantCulture), "epochs completed");
        Tile(Duration(report.Seconds), "in all");
        Tile(report.StepTime.Points.Count > 0 ? $"{SvgChart.Number(Median(report.StepTime))} ms" : "-", "a step (median)");
        Tile(durable.ToString("N0", CultureInfo.InvariantCulture), "durable checkpoints");
        Tile(Milliseconds(report.Checkpoints.Sum(row => row.Stall)), "training waited for them");
        Append($"</div>\n");
    }

    private void Tile(string value, string name) => Append($"<div class=\"tile\"><b>{Text(value)}</b><span>{name}</span></div>");

    private void Charts()
    {
        Append($"<h2>Curves</h2><div class=\"charts\">\n");
        foreach (var (title, curves) in CurveGroups.Of(report.Metrics))
        {
            Card(title, curves, new SvgChart().Draw(curves));
        }

        List<(string Name, Series Series)> stepTime = [("step time", report.StepTime)];
        Card("step time", stepTime, new SvgChart(" ms").Draw(stepTime, fromZero: true), " ms");
        if (report.Checkpoints.Count > 0)
        {
            var stalls = new Series();
            report.Checkpoints.ForEach(row => stalls.Add(row.Step, row.Stall * 1000));
            List<(string Name, Series Series)> curves = [("wait for a checkpoint", stalls)];
            Card("checkpoint stalls", curves, new SvgChart(" ms").Draw(curves, fromZero: true, stems: true), " ms");
        }

        Append($"</div>\n");
    }

    private void Card(string title, List<(string Name, Series Series)> curves, string chart, string unit = "")
    {
        Append($"<div class=\"card\"><h3>{Text(title)}</h3><div class=\"legend\">");
        for (var index = 0; index < curves.Count; index++)
        {
            Append($"<span><i class=\"dot\" style=\"background:var(--c{index % 6})\"></i>{Text(curves[index].Name)} <b>{Text(SvgChart.Number(curves[index].Series.Last))}{unit}</b></span>");
        }

        Append($"</div>{chart}</div>\n");
    }

    private void TimeSpent()
    {
        var spent = Shares();
        var total = spent.Values.Sum();
        if (total <= 0)
        {
            return;
        }

        Append($"<h2>Where the time went</h2><div class=\"card\"><div class=\"bar\">");
        foreach (var (phase, name, color) in PhaseNames)
        {
            if (spent.GetValueOrDefault(phase) is var seconds and > 0)
            {
                Append($"<i style=\"width:{100 * seconds / total:0.##}%;background:{Color(color)}\" title=\"{name}: {Duration(seconds)}\"></i>");
            }
        }

        Append($"</div><div class=\"scroll\"><table><tr><th>phase</th><th class=\"n\">time</th><th class=\"n\">part</th></tr>");
        foreach (var (phase, name, color) in PhaseNames)
        {
            if (spent.GetValueOrDefault(phase) is var seconds and > 0)
            {
                Append($"<tr><td><i class=\"dot\" style=\"background:{Color(color)}\"></i>{name}</td><td class=\"n\">{Duration(seconds)}</td><td class=\"n\">{100 * seconds / total:0.0} %</td></tr>");
            }
        }

        Append($"</table></div></div>\n");
    }

    /// <summary>
    /// Returns the share of each phase. Saves are requested between two batches, so that their stalls are part of the time to the next
    /// batch or, at the fence, of the optimizer time.
    /// </summary>
    private Dictionary<string, double> Shares()
    {
        var spent = new Dictionary<string, double>(report.Phases, StringComparer.Ordinal);
        var stall = report.Checkpoints.Sum(row => row.Stall);
        spent[Checkpoints] = stall;
        foreach (var phase in new[] { PhaseClock.Data, PhaseClock.Optimizer })
        {
            var part = Math.Min(stall, spent.GetValueOrDefault(phase));
            spent[phase] = spent.GetValueOrDefault(phase) - part;
            stall -= part;
        }

        spent[Rest] = Math.Max(0, report.Seconds - spent.Values.Sum());
        return spent;
    }

    private void CheckpointTable()
    {
        if (report.Checkpoints.Count == 0)
        {
            return;
        }

        Append($"<h2>Checkpoints</h2><div class=\"card\"><div class=\"scroll\"><table><tr><th class=\"n\">step</th><th>file</th><th>ended</th><th class=\"n\">score</th><th class=\"n\">size</th><th class=\"n\">training waited</th><th class=\"n\">written in</th></tr>");
        foreach (var row in report.Checkpoints.TakeLast(MostRows).Reverse())
        {
            Append($"<tr><td class=\"n\">{row.Step}</td><td>{Text(row.Name)}</td><td class=\"{(row.Outcome == "failed" ? "failed" : string.Empty)}\">{row.Outcome}</td><td class=\"n\">{(row.Score is { } score ? SvgChart.Number(score) : "-")}</td><td class=\"n\">{Bytes(row.Bytes)}</td><td class=\"n\">{Milliseconds(row.Stall)}</td><td class=\"n\">{Milliseconds(row.Write)}</td></tr>");
        }

        Append($"</table></div>");
        if (report.Checkpoints.Count > MostRows)
        {
            Append($"<p class=\"note\">and {report.Checkpoints.Count - MostRows} before these</p>");
        }

        Append($"</div>\n");
    }

    private void HyperParameters()
    {
        if (report.HyperParameters.Count == 0)
        {
            return;
        }

        Append($"<h2>Hyper-parameters</h2><div class=\"card\"><div class=\"scroll\"><table>");
        foreach (var (name, value) in report.HyperParameters)
        {
            Append($"<tr><td>{Text(name)}</td><td>{Text(value)}</td></tr>");
        }

        Append($"</table></div></div>\n");
    }

    private static double Median(Series series)
    {
        var values = series.Points.Select(point => point.Value).Order().ToList();
        return values[values.Count / 2];
    }

    private static string Color(int color) => color < 0 ? "var(--soft)" : string.Create(CultureInfo.InvariantCulture, $"var(--c{color})");

    private static string Duration(double seconds) => seconds switch
    {
        < 1 => Milliseconds(seconds),
        < 60 => string.Create(CultureInfo.InvariantCulture, $"{seconds:0.0} s"),
        < 3600 => string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(seconds / 60):0} min {seconds % 60:00} s"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(seconds / 3600):0} h {Math.Floor(seconds % 3600 / 60):00} min"),
    };

    private static string Milliseconds(double seconds) => (seconds * 1000) switch
    {
        >= 10_000 => Duration(seconds),
        >= 100 and var long_ => string.Create(CultureInfo.InvariantCulture, $"{long_:#,0} ms"),
        var short_ => string.Create(CultureInfo.InvariantCulture, $"{short_:0.##} ms"),
    };

    private static string Bytes(long bytes) => bytes switch
    {
        >= 1L << 30 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 30):0.0} GiB"),
        >= 1L << 20 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 20):0.0} MiB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0:0.0} KiB"),
    };

    private static string Text(string text) => WebUtility.HtmlEncode(text);

    private void Append(FormattableString text) => _html.Append(text.ToString(CultureInfo.InvariantCulture));
}
