using System.Globalization;
using Fulgurite.Loggers;
using Fulgurite.Tests.Loggers.Doubles;

namespace Fulgurite.Tests.Loggers;

[TestClass]
public sealed class TensorBoardLoggerTests
{
    [TestMethod]
    public void Reader_KnownVector_HasItsChecksum() => Assert.AreEqual(0xE3069283, EventReader.Crc32C("123456789"u8));

    [TestMethod]
    public void Fit_WholeRun_HasEveryScalarAtItsStep()
    {
        using var directory = new TemporaryDirectory();
        var logger = new TensorBoardLogger();

        LoggedRun.Fit(directory.Path, logger);

        Assert.AreEqual(Path.Combine(directory.Path, "logs", "run"), logger.Path);
        var scalars = EventReader.Scalars(logger.Path!);
        Assert.AreSequenceEqual(
            new[] { "late, \"quoted\"", "late, \"quoted\"_epoch", "lr", "lr_epoch", "train_loss", "train_loss_epoch", "val_loss" },
            scalars.Keys);
        Assert.IsTrue(scalars.Values.All(curve => curve.Values.All(values => values.Count == 1)), "one value a step and name");
        Assert.AreSequenceEqual(Enumerable.Range(1, LoggedRun.Steps).Select(step => (long)step), scalars["train_loss"].Keys);
        Assert.AreEqual(0.025f, scalars["lr"][2].Single());
        Assert.AreSequenceEqual(new[] { 4L, 8, 12 }, scalars["val_loss"].Keys.Where(step => step % 4 == 0));
    }

    [TestMethod]
    [DataRow(3, 5)]
    [DataRow(6, 11)]
    public void Fit_StoppedAndResumed_ShowsARunNeverStopped(int checkpoint, int stop)
    {
        using var whole = new TemporaryDirectory();
        using var parts = new TemporaryDirectory();
        var (one, second) = (new TensorBoardLogger(), new TensorBoardLogger());

        LoggedRun.Fit(whole.Path, one);
        LoggedRun.Fit(parts.Path, new TensorBoardLogger(), stopAt: stop);
        LoggedRun.Fit(parts.Path, second, resumeAt: checkpoint);

        Assert.HasCount(2, Directory.GetFiles(second.Path!));
        Assert.AreSequenceEqual(Flat(EventReader.Scalars(one.Path!)), Flat(EventReader.Scalars(second.Path!)));
    }

    [TestMethod]
    public void Fit_HyperParameters_AreASession()
    {
        using var directory = new TemporaryDirectory();
        var logger = new TensorBoardLogger();

        LoggedRun.Fit(directory.Path, logger);

        var session = Content(logger.Path!, "_hparams_/session_start_info").Child(3);
        var values = session.Children(1).ToDictionary(entry => entry.Text(1), entry => entry.Child(2).Fields.Single());
        Assert.AreEqual((2, (object)0.05), values["lr"]);
        Assert.AreEqual((2, (object)1.0), values["layers"]);
        Assert.AreEqual((4, (object)1L), values["nested.on"]);
        Assert.AreEqual(3, values["nested.name"].Field);
        Assert.IsFalse(session.Has(4), "a group: runs of one name in several folders would become one");
        Assert.DoesNotContain(
            "_hparams_/experiment", Values(logger.Path!).Select(value => value.Text(1)), "of several runs the first would decide for all");
        Assert.AreEqual(1L, Content(logger.Path!, "_hparams_/session_end_info").Child(4).Get<long>(1));
    }

    [TestMethod]
    public void Fit_MonitoredCheckpoints_AreTextsWithTheirScore()
    {
        using var directory = new TemporaryDirectory();
        var logger = new TensorBoardLogger();

        LoggedRun.Fit(directory.Path, logger, monitor: "val_loss");

        var texts = Values(logger.Path!)
            .Where(value => value.Text(1) == "checkpoints/text_summary")
            .Select(value => value.Child(8).Text(8))
            .ToList();
        var scores = EventReader.Scalars(logger.Path!)["val_loss"].Values.Select(values => values.Single());
        Assert.HasCount(3, texts);
        foreach (var (text, score) in texts.Zip(scores))
        {
            Assert.Contains("` durable, score ", text);
            Assert.AreEqual(score, float.Parse(text.Split("score ")[1].Split(',')[0], CultureInfo.InvariantCulture), 1e-5f * score);
        }
    }

    [TestMethod]
    public void Fit_Throws_EndsTheSessionAsFailed()
    {
        using var directory = new TemporaryDirectory();
        var logger = new TensorBoardLogger();

        Assert.ThrowsExactly<InvalidOperationException>(() => LoggedRun.Fit(directory.Path, logger, throwAt: 2));

        Assert.AreEqual(2L, Content(logger.Path!, "_hparams_/session_end_info").Child(4).Get<long>(1));
    }

    [TestMethod]
    public void LogTextAndHistogram_Values_AreWhatTheirPluginsRead()
    {
        using var directory = new TemporaryDirectory();
        using var logger = new TensorBoardLogger(new TensorBoardLoggerOptions { Directory = directory.Path });
        IMetricLogger target = logger;
        var random = new Random(1);
        var numbers = Enumerable.Range(0, 1000).Select(_ => (random.NextDouble() * 4) - 2).ToArray();

        target.LogText("note", "a *text* of ünicode", 3);
        target.LogHistogram("weights", numbers, 4);
        target.LogHistogram("nothing", [], 4);
        logger.Dispose();

        var values = Values(directory["run"]);
        var text = values.Single(value => value.Text(1) == "note/text_summary");
        Assert.AreEqual("text", text.Child(9).Child(1).Text(1));
        Assert.AreEqual(7L, text.Child(8).Get<long>(1));
        Assert.AreEqual("a *text* of ünicode", text.Child(8).Text(8));
        var histogram = values.Single(value => value.Text(1) == "weights").Child(5);
        Assert.AreEqual(numbers.Min(), histogram.Get<double>(1));
        Assert.AreEqual(numbers.Max(), histogram.Get<double>(2));
        Assert.AreEqual(1000.0, histogram.Get<double>(3));
        var (limits, counts) = (histogram.Doubles(6), histogram.Doubles(7));
        Assert.AreEqual(1000.0, counts.Sum());
        for (var bucket = 0; bucket < limits.Length; bucket++)
        {
            var low = bucket == 0 ? double.NegativeInfinity : limits[bucket - 1];
            Assert.AreEqual(
                numbers.Count(number => number >= low && number < limits[bucket]), (int)counts[bucket], $"bucket up to {limits[bucket]}");
        }
    }

    private static IEnumerable<string> Flat(SortedDictionary<string, SortedDictionary<long, List<float>>> scalars) =>
        scalars.SelectMany(curve => curve.Value.Select(point => $"{curve.Key} {point.Key} {string.Join(' ', point.Value)}"));

    private static List<EventReader.Message> Values(string folder) =>
        [
            .. Directory.GetFiles(folder)
                .SelectMany(EventReader.Read)
                .Where(message => message.Has(5))
                .SelectMany(message => message.Child(5).Children(1)),
        ];

    private static EventReader.Message Content(string folder, string tag)
    {
        var plugin = Values(folder).Single(value => value.Text(1) == tag).Child(9).Child(1);
        Assert.AreEqual("hparams", plugin.Text(1));
        return plugin.Child(2);
    }
}
