using System.Text.Json.Nodes;
using Fulgurite.Loggers;
using Fulgurite.Tests.Loggers.Doubles;

namespace Fulgurite.Tests.Loggers;

[TestClass]
public sealed class JsonLinesLoggerTests
{
    [TestMethod]
    public void Fit_WholeRun_TellsItFromStartToEnd()
    {
        using var directory = new TemporaryDirectory();
        var logger = new JsonLinesLogger();

        LoggedRun.Fit(directory.Path, logger);

        var events = Read(logger.Path!);
        Assert.AreSequenceEqual(
            new[] { "run_start", "hyper_parameters", "run_end" }.Order(),
            events.Select(Name).Where(name => name is not ("metrics" or "checkpoint")).Order());
        Assert.AreEqual("run_start", Name(events[0]));
        Assert.AreEqual("completed", (string?)events[^1]["status"]);
        Assert.AreEqual(0.05, (double)events.Single(item => Name(item) == "hyper_parameters")["values"]!["lr"]!);
        Assert.AreEqual("a, \"b\"", (string?)events.Single(item => Name(item) == "hyper_parameters")["values"]!["nested.name"]);
        var checkpoints = events.Where(item => Name(item) == "checkpoint").ToList();
        Assert.HasCount(4, checkpoints);
        Assert.AreEqual("durable", (string?)checkpoints[0]["outcome"]);
        Assert.IsGreaterThan(100, (long)checkpoints[0]["bytes"]!);
        Assert.IsNotNull(events.Find(item => (long)item["step"]! == 5 && (double?)item["metrics"]?["late, \"quoted\""] == 4));
    }

    [TestMethod]
    public void Fit_MonitoredCheckpoints_HaveTheirScore()
    {
        using var directory = new TemporaryDirectory();
        var logger = new JsonLinesLogger();

        LoggedRun.Fit(directory.Path, logger, monitor: "val_loss");

        var events = Read(logger.Path!);
        var losses = events.Where(item => item["metrics"]?["val_loss"] is not null)
            .Select(item => (double)item["metrics"]!["val_loss"]!)
            .ToList();
        Assert.HasCount(3, losses);
        Assert.AreSequenceEqual(losses, events.Where(item => Name(item) == "checkpoint").Select(item => (double)item["score"]!));
    }

    [TestMethod]
    public void Fit_MetricOfStepsAndEpochs_HasNoTwoValuesUnderOneName()
    {
        using var directory = new TemporaryDirectory();
        var logger = new JsonLinesLogger();

        LoggedRun.Fit(directory.Path, logger);

        var points = Read(logger.Path!)
            .Where(item => Name(item) == "metrics")
            .SelectMany(item => item["metrics"]!.AsObject().Select(metric => (metric.Key, Step: (long)item["step"]!)))
            .ToList();
        Assert.AreSequenceEqual(points.Distinct(), points);
        Assert.AreSequenceEqual(new[] { 4L, 8, 12 }, points.Where(point => point.Key == "train_loss_epoch").Select(point => point.Step));
    }

    [TestMethod]
    [DataRow(3, 5)]
    [DataRow(6, 11)]
    public void Fit_StoppedAndResumed_HasEveryMetricOnce(int checkpoint, int stop)
    {
        using var whole = new TemporaryDirectory();
        using var parts = new TemporaryDirectory();
        var (one, second) = (new JsonLinesLogger(), new JsonLinesLogger());

        LoggedRun.Fit(whole.Path, one);
        LoggedRun.Fit(parts.Path, new JsonLinesLogger(), stopAt: stop);
        LoggedRun.Fit(parts.Path, second, resumeAt: checkpoint);

        Assert.AreSequenceEqual(Metrics(one.Path!), Metrics(second.Path!));
        Assert.HasCount(2, Read(second.Path!).Where(item => Name(item) == "run_start"));
        Assert.EndsWith($"step={checkpoint}.ckpt", (string)Read(second.Path!).Last(item => Name(item) == "run_start")["resumed_from"]!);
    }

    [TestMethod]
    public void Fit_Throws_SaysThatItFailed()
    {
        using var directory = new TemporaryDirectory();
        var logger = new JsonLinesLogger();

        Assert.ThrowsExactly<InvalidOperationException>(() => LoggedRun.Fit(directory.Path, logger, throwAt: 2));

        Assert.AreEqual("failed", (string?)Read(logger.Path!)[^1]["status"]);
    }

    [TestMethod]
    public void LogTextAndHistogram_Values_AreKept()
    {
        using var directory = new TemporaryDirectory();
        using var logger = new JsonLinesLogger(new JsonLinesLoggerOptions { Directory = directory.Path });
        IMetricLogger target = logger;

        target.LogText("note", "two\nlines </script>", 3);
        target.LogHistogram("weights", [1, 2, 2, double.NaN], 4);
        target.LogMetrics(new Dictionary<string, double> { ["x"] = double.PositiveInfinity }, 5, 0);
        logger.Dispose();

        var events = Read(directory["metrics.jsonl"]);
        Assert.AreEqual("two\nlines </script>", (string?)events[0]["text"]);
        Assert.AreEqual(3.0, events[1]["counts"]!.AsArray().Sum(count => (double)count!));
        Assert.AreEqual("Infinity", (string?)events[2]["metrics"]!["x"]);
    }

    private static string Name(JsonNode item) => (string)item["event"]!;

    private static List<JsonNode> Read(string path) => [.. File.ReadAllLines(path).Select(line => JsonNode.Parse(line)!)];

    private static IEnumerable<string> Metrics(string path) =>
        Read(path)
            .Where(item => Name(item) == "metrics")
            .Select(
                item => $"{item["step"]} {item["epoch"]} "
                    + $"{string.Join(' ', item["metrics"]!.AsObject().OrderBy(metric => metric.Key, StringComparer.Ordinal))}");
}
