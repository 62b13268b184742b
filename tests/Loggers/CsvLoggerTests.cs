using Fulgurite.Loggers;
using Fulgurite.Tests.Loggers.Doubles;
using Microsoft.Extensions.Logging;

namespace Fulgurite.Tests.Loggers;

[TestClass]
public sealed class CsvLoggerTests
{
    [TestMethod]
    public void Fit_MetricsTurnUpLater_GetColumnsOfTheirOwn()
    {
        using var directory = new TemporaryDirectory();
        var logger = new CsvLogger();

        LoggedRun.Fit(directory.Path, logger);

        Assert.AreEqual(Path.Combine(directory.Path, "logs", "metrics.csv"), logger.Path);
        var table = Read(logger.Path!);
        Assert.AreSequenceEqual(
            new[]
            {
                "step", "epoch", "time", "train_loss", "train_loss_epoch", "lr", "lr_epoch", "val_loss", "late, \"quoted\"",
                "late, \"quoted\"_epoch",
            }.Order(),
            table[0].Order());
        Assert.AreSequenceEqual(Enumerable.Range(1, LoggedRun.Steps).Select(step => $"{step}"), table.Skip(1).Select(row => row[0]));
        var (late, validation, rate) = (table[0].IndexOf("late, \"quoted\""), table[0].IndexOf("val_loss"), table[0].IndexOf("lr"));
        Assert.AreEqual(string.Empty, table[4][late]);
        Assert.AreEqual("4", table[5][late]);
        Assert.AreEqual(string.Empty, table[3][validation]);
        Assert.AreNotEqual(string.Empty, table[4][validation]);
        Assert.AreEqual("0.025", table[2][rate]);
    }

    [TestMethod]
    [DataRow(3, 5)]
    [DataRow(6, 6)]
    [DataRow(6, 11)]
    public void Fit_StoppedAndResumed_GivesTheTableOfARunNeverStopped(int checkpoint, int stop)
    {
        using var whole = new TemporaryDirectory();
        using var parts = new TemporaryDirectory();
        var (one, first, second) = (new CsvLogger(), new CsvLogger(), new CsvLogger());

        LoggedRun.Fit(whole.Path, one);
        LoggedRun.Fit(parts.Path, first, stopAt: stop);
        LoggedRun.Fit(parts.Path, second, resumeAt: checkpoint);

        Assert.AreEqual(first.Path, second.Path);
        Assert.AreSequenceEqual(Comparable(one.Path!), Comparable(second.Path!));
    }

    [TestMethod]
    public void Fit_AnotherRunInTheFolder_LeavesItsFileAlone()
    {
        using var directory = new TemporaryDirectory();
        var (first, second) = (new CsvLogger(), new CsvLogger());
        LoggedRun.Fit(directory.Path, first);
        var before = File.ReadAllText(first.Path!);

        LoggedRun.Fit(directory.Path, second);

        Assert.AreEqual("metrics-v1.csv", Path.GetFileName(second.Path));
        Assert.AreEqual(before, File.ReadAllText(first.Path!));
    }

    [TestMethod]
    public void Fit_Throws_LeavesACompleteFile()
    {
        using var directory = new TemporaryDirectory();
        var logger = new CsvLogger();

        Assert.ThrowsExactly<InvalidOperationException>(() => LoggedRun.Fit(directory.Path, logger, throwAt: 6));

        Assert.AreEqual("6", Read(logger.Path!)[^1][0]);
    }

    [TestMethod]
    public void Fit_KilledInTheMiddleOfALine_ResumesWithoutIt()
    {
        using var directory = new TemporaryDirectory();
        var first = new CsvLogger();
        LoggedRun.Fit(directory.Path, first, stopAt: 4);
        File.AppendAllText(first.Path!, "5,1,2026-01");
        var second = new CsvLogger();

        LoggedRun.Fit(directory.Path, second, resumeAt: 3);

        Assert.AreSequenceEqual(
            Enumerable.Range(1, LoggedRun.Steps).Select(step => $"{step}"), Read(second.Path!).Skip(1).Select(row => row[0]));
    }

    [TestMethod]
    public void LogMetrics_TableCannotGrowForAWhile_GoesOnWhenItCanAndSaysSoOnce()
    {
        using var directory = new TemporaryDirectory();
        var log = new CollectingLogger<CsvLogger>();
        using var logger = new CsvLogger(new CsvLoggerOptions { Directory = directory.Path }, log);
        void Log(long step, params (string Name, double Value)[] metrics)
        {
            logger.LogMetrics(metrics.ToDictionary(metric => metric.Name, metric => metric.Value, StringComparer.Ordinal), step, 0);
            logger.Flush(TimeSpan.FromMinutes(1));
        }

        Log(1, ("a", 1));
        Directory.CreateDirectory(directory["metrics.csv.tmp"]);
        Log(2, ("a", 2), ("b", 2));
        Log(3, ("a", 3), ("b", 3));
        Directory.Delete(directory["metrics.csv.tmp"]);
        Log(4, ("a", 4), ("b", 4));
        Log(5, ("a", 5));
        logger.Dispose();

        Assert.AreSequenceEqual(new[] { "1,1,", "4,4,4", "5,5," }, Read(logger.Path!).Skip(1)
            .Select(row => string.Join(',', row[0], row[3], row[4])));
        Assert.HasCount(1, log.Messages);
    }

    [TestMethod]
    public void LogMetrics_NamesOfTheTablesOwnColumns_GetColumnsOfTheirOwn()
    {
        using var directory = new TemporaryDirectory();
        using var logger = new CsvLogger(new CsvLoggerOptions { Directory = directory.Path });
        for (var step = 1; step <= 2; step++)
        {
            var metrics =
                new Dictionary<string, double> { ["step"] = 1000, ["epoch"] = 0.5, ["time"] = 3, ["metric_step"] = 7, ["two\nlines"] = 8 };
            logger.LogMetrics(metrics, step, 4);
        }

        logger.Dispose();

        var table = Read(logger.Path!);
        Assert.AreSequenceEqual(new[] { "step", "epoch", "time", "metric_step", "metric_epoch", "metric_time", "metric_metric_step",
            "two lines" }, table[0]);
        Assert.AreSequenceEqual(new[] { "2", "4", "1000", "0.5", "3", "7", "8" }, table[2].Where((_, column) => column != 2));
        Assert.HasCount(3, table);
    }

    [TestMethod]
    public void LogMetrics_OutsideOfAFit_IsWritten()
    {
        using var directory = new TemporaryDirectory();
        using var logger = new CsvLogger(new CsvLoggerOptions { Directory = directory.Path, Name = "tuned" });

        logger.LogMetrics(new Dictionary<string, double> { ["a"] = double.NaN }, 1, 0);
        logger.Dispose();
        logger.LogMetrics(new Dictionary<string, double> { ["a"] = 2, ["b"] = 1e-30 }, 2, 0);
        logger.Dispose();

        var table = Read(directory["tuned.csv"]);
        Assert.AreSequenceEqual(new[] { "1", "NaN", string.Empty }, new[] { table[1][0], table[1][3], table[1][4] });
        Assert.AreSequenceEqual(new[] { "2", "2", "1E-30" }, new[] { table[2][0], table[2][3], table[2][4] });
    }

    private static List<List<string>> Read(string path) => [.. File.ReadAllLines(path).Select(CsvText.Split)];

    /// <summary>The table without its times, by names of columns.</summary>
    private static IEnumerable<string> Comparable(string path)
    {
        var table = Read(path);
        foreach (var row in table)
        {
            Assert.HasCount(table[0].Count, row);
        }

        return table.Skip(1).SelectMany(
            row => table[0].Zip(row).Where(cell => cell.First != "time").OrderBy(cell => cell.First, StringComparer.Ordinal).Select(
                cell => $"{cell.First}={cell.Second}"));
    }
}
