using System.Text.Json.Nodes;
using System.Xml.Linq;
using Fulgurite.Loggers;
using Fulgurite.Tests.Loggers.Doubles;

namespace Fulgurite.Tests.Loggers;

[TestClass]
public sealed class HtmlReportLoggerTests
{
    [TestMethod]
    public void Fit_WholeRun_ShowsCurvesTimesAndCheckpointsAndNeedsNothingElse()
    {
        using var directory = new TemporaryDirectory();
        var logger = new HtmlReportLogger(new HtmlReportLoggerOptions { Title = "A <run> & more" });

        LoggedRun.Fit(directory.Path, logger);

        var html = File.ReadAllText(Path.Combine(directory.Path, "logs", "report.html"));
        Assert.Contains("<h1>A &lt;run&gt; &amp; more</h1>", html);
        Assert.Contains("badge completed", html);
        foreach (var part in new[]
        {
            "train_loss",
            "val_loss",
            "learning rate",
            "step time",
            "checkpoint stalls",
            "forward",
            "backward",
            "validation",
            "step=12.ckpt",
            "nested.name",
        })
        {
            Assert.Contains(part, html);
        }

        foreach (var external in new[] { "http:", "https:", "src=", "href=", "url(", "@import" })
        {
            Assert.DoesNotContain(external, html);
        }

        foreach (var chart in Charts(html))
        {
            Assert.DoesNotContain("NaN", chart.ToString());
        }

        var data = Data(html);
        Assert.AreEqual(12, (int)data["step"]!);
        Assert.HasCount(12, data["metrics"]!["train_loss"]!.AsArray());
        Assert.HasCount(4, data["checkpoints"]!.AsArray());
        var phases = data["phases"]!.AsObject().ToDictionary(phase => phase.Key, phase => (double)phase.Value!);
        Assert.AreSequenceEqual(
            new[] { "backward", "data", "forward", "optimizer", "validation" }, phases.Keys.Order(StringComparer.Ordinal));
        Assert.IsLessThanOrEqualTo((double)data["seconds"]!, phases.Values.Sum());
    }

    [TestMethod]
    public void Fit_MonitoredCheckpoints_HaveTheirScore()
    {
        using var directory = new TemporaryDirectory();
        var logger = new HtmlReportLogger();

        LoggedRun.Fit(directory.Path, logger, monitor: "val_loss");

        var data = Data(File.ReadAllText(logger.Path!));
        Assert.AreSequenceEqual(
            data["metrics"]!["val_loss"]!.AsArray().Select(point => (double)point![1]!),
            data["checkpoints"]!.AsArray().Select(row => (double)row![6]!));
    }

    [TestMethod]
    public void Fit_StoppedAndResumed_ShowsOneRun()
    {
        using var whole = new TemporaryDirectory();
        using var parts = new TemporaryDirectory();
        var (one, first, second) = (new HtmlReportLogger(), new HtmlReportLogger(), new HtmlReportLogger());

        LoggedRun.Fit(whole.Path, one);
        LoggedRun.Fit(parts.Path, first, stopAt: 8);
        Assert.Contains("badge interrupted", File.ReadAllText(first.Path!));
        var earlier = (double)Data(File.ReadAllText(first.Path!))["seconds"]!;
        LoggedRun.Fit(parts.Path, second, resumeAt: 6);

        var (expected, data) = (Data(File.ReadAllText(one.Path!)), Data(File.ReadAllText(second.Path!)));
        Assert.AreEqual(expected["metrics"]!.ToJsonString(), data["metrics"]!.ToJsonString());
        Assert.HasCount(12, data["step_ms"]!.AsArray());
        Assert.HasCount(4, data["checkpoints"]!.AsArray());
        Assert.AreEqual(6, (int)data["resumes"]![0]!);
        Assert.IsGreaterThan(earlier, (double)data["seconds"]!);
        Assert.Contains("resumed at step 6", File.ReadAllText(second.Path!));
    }

    [TestMethod]
    public void Fit_ReportThatSomebodyEdited_BeginsAnew()
    {
        using var directory = new TemporaryDirectory();
        var first = new HtmlReportLogger();
        LoggedRun.Fit(directory.Path, first, stopAt: 8);
        File.WriteAllText(first.Path!, "<html>something else");
        var second = new HtmlReportLogger();

        LoggedRun.Fit(directory.Path, second, resumeAt: 6);

        Assert.HasCount(6, Data(File.ReadAllText(second.Path!))["metrics"]!["train_loss"]!.AsArray());
    }

    [TestMethod]
    public void Series_MillionPoints_StaysSmallAndKeepsItsShape()
    {
        var series = new Series();
        for (var step = 1; step <= 1_000_000; step++)
        {
            series.Add(step, step);
        }

        Assert.IsLessThan(Series.Limit, series.Points.Count);
        Assert.IsGreaterThan(Series.Limit / 4, series.Points.Count);
        Assert.AreEqual(1_000_000.0, series.Last);
        foreach (var (step, value) in series.Points)
        {
            Assert.AreEqual(step, value, 2000);
        }
    }

    [TestMethod]
    public void AxisTicks_AnyRange_AreRoundAndFew()
    {
        foreach (var (low, high) in new[] { (0.0, 1.0), (-3.2, 17.9), (1e-6, 3e-6), (0, 123456), (99.5, 100.5) })
        {
            var ticks = AxisTicks.Between(low, high, 5);
            Assert.IsGreaterThanOrEqualTo(2, ticks.Length);
            Assert.IsLessThanOrEqualTo(11, ticks.Length);
            Assert.IsTrue(
                ticks.All(tick => tick >= low - 1e-9 && tick <= high + ((high - low) * 1e-6)),
                $"{low} to {high}: {string.Join(' ', ticks)}");
        }
    }

    private static JsonNode Data(string html)
    {
        const string start = "<script type=\"application/json\" id=\"run\">";
        var from = html.IndexOf(start, StringComparison.Ordinal) + start.Length;
        return JsonNode.Parse(html[from..html.IndexOf("</script>", from, StringComparison.Ordinal)])!;
    }

    /// <summary>Each chart is well-formed XML.</summary>
    private static IEnumerable<XElement> Charts(string html)
    {
        for (var at = html.IndexOf("<svg", StringComparison.Ordinal); at >= 0; at = html.IndexOf("<svg", at + 1, StringComparison.Ordinal))
        {
            yield return XElement.Parse(html[at..(html.IndexOf("</svg>", at, StringComparison.Ordinal) + "</svg>".Length)]);
        }
    }
}
