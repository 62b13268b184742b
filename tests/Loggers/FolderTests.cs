using Fulgurite.Callbacks;
using Fulgurite.Loggers;
using Fulgurite.Tests.Loggers.Doubles;
using Microsoft.Extensions.Logging;

namespace Fulgurite.Tests.Loggers;

/// <summary>Where loggers write: folders of this machine, from the root, found unusable when a fit begins.</summary>
[TestClass]
public sealed class FolderTests
{
    private static readonly Dictionary<string, Func<string?, bool, ILogger?, Callback>> Loggers = new(StringComparer.Ordinal)
    {
        ["csv"] = (folder, required, log) => new CsvLogger(new() { Directory = folder, Required = required }, (ILogger<CsvLogger>?)log),
        ["jsonl"] = (folder, required, log) =>
            new JsonLinesLogger(new() { Directory = folder, Required = required }, (ILogger<JsonLinesLogger>?)log),
        ["html"] = (folder, required, log) =>
            new HtmlReportLogger(new() { Directory = folder, Required = required }, (ILogger<HtmlReportLogger>?)log),
        ["tensorboard"] = (folder, required, log) =>
            new TensorBoardLogger(new() { Directory = folder, Required = required }, (ILogger<TensorBoardLogger>?)log),
    };

    public static IEnumerable<object[]> Kinds => Loggers.Keys.Select(kind => new object[] { kind });

    [TestMethod]
    public void Name_WithAFolder_IsRefusedWithTheRemedy()
    {
        var error = Assert.ThrowsExactly<ArgumentException>(() => new CsvLogger(new() { Name = "a/b" }));

        Assert.StartsWith("CsvLoggerOptions.Name is 'a/b'. A file name has none of", error.Message);
        Assert.Contains("set Directory for another folder", error.Message);
    }

    [TestMethod]
    [DynamicData(nameof(Kinds))]
    public void Fit_FolderCannotBeMade_EndsBeforeItTrains(string kind)
    {
        using var directory = new TemporaryDirectory();
        File.WriteAllText(directory["taken"], string.Empty);
        var steps = new StepCounter();

        var exception = Assert.ThrowsExactly<IOException>(() => Fit(directory, Loggers[kind](directory["taken"], true, null), steps));

        Assert.Contains($"'{directory["taken"]}'", exception.Message);
        Assert.Contains($"'{Environment.UserName}'", exception.Message);
        Assert.Contains("Required", exception.Message);
        Assert.AreEqual(0, steps.Count);
    }

    [TestMethod]
    public void Fit_FolderCannotBeMadeAndIsNotRequired_TrainsAndSaysSoOnce()
    {
        using var directory = new TemporaryDirectory();
        File.WriteAllText(directory["taken"], string.Empty);
        foreach (var (kind, log) in new (string, CollectingLogger)[]
        {
            ("csv", new CollectingLogger<CsvLogger>()),
            ("jsonl", new CollectingLogger<JsonLinesLogger>()),
            ("html", new CollectingLogger<HtmlReportLogger>()),
            ("tensorboard", new CollectingLogger<TensorBoardLogger>()),
        })
        {
            var result = Fit(directory, Loggers[kind](directory["taken"], false, log));

            Assert.AreEqual(FitStatus.Completed, result.Status);
            Assert.HasCount(1, log.Entries);
            Assert.AreEqual(LogLevel.Error, log.Entries[0].Level);
            Assert.Contains("could not be written", log.Entries[0].Message);
        }
    }

    [TestMethod]
    [DynamicData(nameof(Kinds))]
    public void Fit_FolderCanBeMadeLater_WritesFromThenOn(string kind)
    {
        using var directory = new TemporaryDirectory();
        File.WriteAllText(directory["taken"], string.Empty);
        var logger = Loggers[kind](directory["taken"], false, null);

        Fit(directory, logger, new StepCounter { At = (5, () => File.Delete(directory["taken"])) });

        Assert.IsTrue(System.IO.Path.Exists(PathOf(logger)));
    }

    [TestMethod]
    [DynamicData(nameof(Kinds))]
    public void Fit_WorkingDirectoryChanges_WritesWhereItBegan(string kind)
    {
        using var directory = new TemporaryDirectory();
        using var elsewhere = new TemporaryDirectory();
        var before = Environment.CurrentDirectory;
        try
        {
            Environment.CurrentDirectory = directory.Path;
            var logger = Loggers[kind]("logs", true, null);

            Fit(directory, logger, new StepCounter { At = (3, () => Environment.CurrentDirectory = elsewhere.Path) });

            Assert.IsTrue(System.IO.Path.Exists(PathOf(logger)));
            Assert.AreSequenceEqual([PathOf(logger)], Directory.EnumerateFileSystemEntries(directory["logs"]));
            Assert.IsEmpty(Directory.EnumerateFileSystemEntries(elsewhere.Path));
        }
        finally
        {
            Environment.CurrentDirectory = before;
        }
    }

    [TestMethod]
    [DynamicData(nameof(Kinds))]
    public void Fit_FolderInTheHomeFolder_IsThere(string kind)
    {
        var name = $"fulgurite-{Guid.NewGuid():N}";
        var folder = System.IO.Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), name);
        using var directory = new TemporaryDirectory();
        try
        {
            var logger = Loggers[kind](null, true, null);

            LoggedRun.Fit($"~/{name}", (IMetricLogger)logger);

            Assert.StartsWith(folder, PathOf(logger));
            Assert.IsFalse(Directory.Exists("~"));
            LoggedRun.Fit($"~/{name}", (IMetricLogger)Loggers[kind](null, true, null), resumeAt: 3);
            Assert.IsTrue(File.Exists(System.IO.Path.Combine(folder, "checkpoints", "step=12.ckpt")));
        }
        finally
        {
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    private static FitResult Fit(TemporaryDirectory directory, Callback logger, params Callback[] callbacks) =>
        LoggedRun.Fit(directory.Path, (IMetricLogger)logger, callbacks: callbacks);

    private static string PathOf(Callback logger) => (string)logger.GetType().GetProperty("Path")!.GetValue(logger)!;

    private sealed class StepCounter : Callback
    {
        public int Count { get; private set; }

        public (int Step, Action Action)? At { get; init; }

        public override void OnTrainBatchEnd(OnTrainBatchEndArguments arguments)
        {
            if (++Count == At?.Step)
            {
                At.Value.Action();
            }
        }
    }
}
