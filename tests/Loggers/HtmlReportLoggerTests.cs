using System.Text.Json.Nodes;
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
        Assert.Contains("<title>A &lt;run&gt; &amp; more</title>", html);
        Assert.Contains("default-src 'none'", html);
        Assert.Contains("connect-src 'none'", html);
        Assert.Contains("Permission is hereby granted", html, "the licence of uPlot");
        Assert.DoesNotContain("http-equiv=\"refresh\"", html, "the run has ended");
        foreach (var external in new[] { "http:", "src=", "url(", "@import" })
        {
            Assert.DoesNotContain(external, html);
        }

        var data = Data(html);
        Assert.AreEqual("A <run> & more", (string)data["title"]!);
        Assert.AreEqual("completed", (string)data["status"]!);
        Assert.Contains("val_loss", data["metrics"]!.AsObject().Select(metric => metric.Key));
        Assert.AreEqual("a, \"b\"", (string)data["hyper_parameters"]!["nested.name"]!);
        Assert.Contains("step=12.ckpt", data["checkpoints"]!.AsArray().Select(row => (string)row![1]!));
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
        Assert.AreEqual("interrupted", (string)Data(File.ReadAllText(first.Path!))["status"]!);
        var earlier = (double)Data(File.ReadAllText(first.Path!))["seconds"]!;
        LoggedRun.Fit(parts.Path, second, resumeAt: 6);

        var (expected, data) = (Data(File.ReadAllText(one.Path!)), Data(File.ReadAllText(second.Path!)));
        Assert.AreEqual(expected["metrics"]!.ToJsonString(), data["metrics"]!.ToJsonString());
        Assert.HasCount(12, data["step_ms"]!.AsArray());
        Assert.HasCount(4, data["checkpoints"]!.AsArray());
        Assert.AreEqual(6, (int)data["resumes"]![0]!);
        Assert.IsGreaterThan(earlier, (double)data["seconds"]!);
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

    private static JsonNode Data(string html)
    {
        const string start = "<script type=\"application/json\" id=\"run\">";
        var from = html.IndexOf(start, StringComparison.Ordinal) + start.Length;
        return JsonNode.Parse(html[from..html.IndexOf("</script>", from, StringComparison.Ordinal)])!;
    }
}
