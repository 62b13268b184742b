using Fulgurite.Callbacks;
using Fulgurite.Loggers;
using Fulgurite.Tests.Loggers.Doubles;

namespace Fulgurite.Tests.Loggers;

/// <summary>Runs that log into one folder at the same time: each has a file of its own.</summary>
[TestClass]
public sealed class ConcurrentRunsTests
{
    private static readonly Dictionary<string, Func<string, Callback>> Loggers = new(StringComparer.Ordinal)
    {
        ["csv"] = folder => new CsvLogger(new() { Directory = folder }),
        ["jsonl"] = folder => new JsonLinesLogger(new() { Directory = folder }),
        ["html"] = folder => new HtmlReportLogger(new() { Directory = folder }),
        ["tensorboard"] = folder => new TensorBoardLogger(new() { Directory = folder }),
    };

    [TestMethod]
    [DataRow("csv")]
    [DataRow("jsonl")]
    [DataRow("html")]
    [DataRow("tensorboard")]
    [Timeout(60000, CooperativeCancellation = true)]
    public async Task Fit_FourAtOnceInOneFolder_EachHasAFileOfItsOwn(string kind)
    {
        using var directory = new TemporaryDirectory();
        using var start = new Barrier(4);

        var paths = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Factory.StartNew(
            () =>
            {
                var logger = Loggers[kind](directory.Path);
                using var strategy = new SingleDeviceStrategy(new Fulgurite.Testing.InMemoryCheckpointIO());
                using var module = new LoggingModule();
                using var trainer = new Trainer(
                    strategy, new TrainerOptions { MaxEpochs = 1 }, [new Together(start)], [(IMetricLogger)logger]);
                trainer.Fit(module, new[] { 1, 2 }, new[] { 1 });
                return (string)logger.GetType().GetProperty("Path")!.GetValue(logger)!;
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default)));

        Assert.HasCount(4, paths.Distinct(StringComparer.Ordinal));
        Assert.AreSequenceEqual(
            paths.Order(StringComparer.Ordinal), Directory.EnumerateFileSystemEntries(directory.Path).Order(StringComparer.Ordinal));
        if (kind == "tensorboard")
        {
            Assert.IsTrue(Array.TrueForAll(paths, path => Directory.EnumerateFiles(path).Count() == 1));
        }
    }

    [TestMethod]
    [DataRow("csv")]
    [DataRow("jsonl")]
    [DataRow("html")]
    [DataRow("tensorboard")]
    public void Fit_DirectoryIsAUrl_IsRefusedBeforeTraining(string kind)
    {
        using var strategy = new SingleDeviceStrategy(new Fulgurite.Testing.InMemoryCheckpointIO());
        using var module = new LoggingModule();
        using var trainer = new Trainer(
            strategy, new TrainerOptions { MaxEpochs = 1 }, loggers: [(IMetricLogger)Loggers[kind]("s3://bucket/logs")]);

        var exception = Assert.ThrowsExactly<InvalidOperationException>(() => trainer.Fit(module, new[] { 1, 2 }));

        Assert.Contains("s3", exception.Message);
        Assert.AreEqual(0, trainer.GlobalStep);
        Assert.IsFalse(Directory.Exists("s3:"));
    }

    [TestMethod]
    public void Fit_DirectoryIsAFileUrl_IsAFolderOfThisMachine()
    {
        using var directory = new TemporaryDirectory();

        LoggedRun.Fit(directory.Path, new CsvLogger(new() { Directory = $"file://{directory.Path}/logs" }));

        Assert.IsTrue(File.Exists(Path.Combine(directory.Path, "logs", "metrics.csv")));
    }

    private sealed class Together(Barrier barrier) : Callback
    {
        public override void OnFitStart(OnFitStartArguments arguments) => barrier.SignalAndWait();
    }
}
