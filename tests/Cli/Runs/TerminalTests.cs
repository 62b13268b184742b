using Fulgurite.Cli;
using Microsoft.Extensions.Time.Testing;

namespace Fulgurite.Tests.Cli.Runs;

[TestClass]
public sealed class TerminalTests
{
    private static readonly ToolRun.Look Narrow = new(80);

    [TestMethod]
    public void Plot_EightyColumns_ShowsFourPlotsThatFit()
    {
        using var directory = new TemporaryDirectory();
        RunLogs.Write(directory["run"], 200);

        var plotted = ToolRun.Of(Narrow, "plot", directory.Path);

        plotted.AssertSucceeded();
        var lines = plotted.Output.TrimEnd().Split('\n');
        Assert.AreEqual("run  completed, step 200, epoch 4, 8 s, 4 saves", lines[0]);
        foreach (var part in new[]
        {
            "loss", "train 0.7222", "val 0.7722", "learning rate", "lr 0.0016", "step time", "40 ms", "saves", "training waited 1.5 ms",
        })
        {
            Assert.Contains(part, plotted.Output);
        }

        Assert.IsLessThanOrEqualTo(80, lines.Max(line => line.Length));
        Assert.HasCount(25, lines);

        // The loss falls: the curve begins above and ends below.
        Assert.MatchesRegex("^ *3\\.[0-9]+ [\u2801-\u28ff]", lines[2]);
        Assert.IsLessThan(lines[11].IndexOfAny([.. Braille()]), lines[2].IndexOfAny([.. Braille()]));
    }

    [TestMethod]
    public void Plot_NamedMetrics_ShowsThoseOrSaysWhichThereAre()
    {
        using var directory = new TemporaryDirectory();
        RunLogs.Write(directory["run"], 60);

        var plotted = ToolRun.Of("plot", directory["run"], "--metric", "val_loss");

        plotted.AssertSucceeded();
        Assert.Contains("val_loss", plotted.Output);
        Assert.DoesNotContain("step time", plotted.Output);
        ToolRun.Of("plot", directory["run"], "-m", "accuracy").AssertFailed(2, "'accuracy'", "train_loss, lr, val_loss");
    }

    [TestMethod]
    public void Plot_TableOfMetrics_IsFollowedWhereThereAreNoEvents()
    {
        using var directory = new TemporaryDirectory();
        Directory.CreateDirectory(directory["logs"]);
        File.WriteAllText(
            directory["logs/metrics.csv"],
            "step,epoch,time,train_loss,val_loss\n1,0,2026-03-01T12:00:00.000Z,3,\n2,0,2026-03-01T12:00:00.050Z,2,2.5\n"
                + "3,0,2026-03-01T12:00:00.100Z,1,\n4,0,2026-03-01T1");
        File.WriteAllText(directory["data.csv"], "title,label\na,b\n");

        var plotted = ToolRun.Of("plot", directory.Path);

        plotted.AssertSucceeded();
        Assert.Contains("unknown, step 3", plotted.Output);
        Assert.Contains("train 1", plotted.Output);
        Assert.Contains("val 2.5", plotted.Output);
        Assert.Contains("step time  \u25cf 50 ms", plotted.Output);
    }

    [TestMethod]
    public void Plot_FolderWithoutLogs_SaysWhatToAdd()
    {
        using var directory = new TemporaryDirectory();
        File.WriteAllText(directory["data.csv"], "title,label\n");

        ToolRun.Of("plot", directory.Path).AssertFailed(2, "contains no log", "AddJsonLinesLogger()");
        ToolRun.Of("watch", directory.Path).AssertFailed(2, "draws on a terminal", "fulgurite plot");
    }

    [TestMethod]
    public void Plot_Output_WritesThePageOnceUnlessForced()
    {
        using var directory = new TemporaryDirectory();
        RunLogs.Write(directory["run"], 60);
        var page = directory["report.html"];

        ToolRun.Of("plot", directory["run"], "-o", page).AssertSucceeded();

        Assert.Contains("\"train_loss\":[[1,", File.ReadAllText(page));
        ToolRun.Of("plot", directory["run"], "-o", page).AssertFailed(2, "exists", "--force");
        ToolRun.Of("plot", directory["run"], "-o", page, "--force").AssertSucceeded();
    }

    [TestMethod]
    public async Task Watch_RunThatGoesOn_IsRedrawnUntilItEnds()
    {
        using var directory = new TemporaryDirectory();
        var logs = RunLogs.Write(directory["run"], 60, end: null);
        var time = new FakeTimeProvider();

        using var output = new FirstFrame();
        var screen = new Screen(output, TextWriter.Null) { IsTerminal = true, Width = 80, Time = time };
        var watched = Task.Run(() => Tool.RunAsync(["watch", directory.Path], screen));
        await output.Shown;
        logs.Steps(40).End("completed").Flush();
        while (!watched.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.AreEqual(0, await watched);
        Assert.Contains("running, step 60", output.ToString());
        Assert.Contains("train 1.91", output.ToString());
        Assert.Contains("completed, step 100", output.ToString());
        Assert.Contains("train 1.354", output.ToString());
    }

    [TestMethod]
    public void Compare_TwoRuns_ShowsDifferentParametersAndMetrics()
    {
        using var directory = new TemporaryDirectory();
        RunLogs.Write(directory["slow"], 100, 0.001);
        RunLogs.Write(directory["fast"], 150, 0.003, "failed");

        var compared = ToolRun.Of(Narrow, "compare", directory["slow"], directory["fast"]);

        compared.AssertSucceeded();
        Assert.MatchesRegex(" +slow +fast\n", compared.Output);
        Assert.MatchesRegex("\nstatus +completed +failed\n", compared.Output);
        Assert.MatchesRegex("\nsteps +100 +150\n", compared.Output);
        Assert.MatchesRegex("\nms waited for them +3 +4.5\n", compared.Output);
        Assert.MatchesRegex("\nparameter lr +0.001 +0.003\n", compared.Output);
        Assert.DoesNotContain("parameter layers", compared.Output);
        Assert.MatchesRegex("\nval_loss min +2.146 +0.7016", compared.Output);
        Assert.Contains("parameter layers", ToolRun.Of("compare", directory["slow"], directory["fast"], "--all").Output);
        Assert.AreEqual(150, (int)ToolRun.Of("compare", directory["slow"], directory["fast"], "--json").Json["runs"]![1]!["step"]!);
    }

    /// <summary>A terminal that reports its first frame.</summary>
    private sealed class FirstFrame : StringWriter
    {
        private readonly TaskCompletionSource _shown = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Shown => _shown.Task;

        public override void Write(string? value)
        {
            base.Write(value);
            if (value?.Contains("saves", StringComparison.Ordinal) == true)
            {
                _shown.TrySetResult();
            }
        }
    }

    private static IEnumerable<char> Braille() => Enumerable.Range(0x2801, 0xff).Select(code => (char)code);
}
