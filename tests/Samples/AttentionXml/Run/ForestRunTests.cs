using System.Runtime.InteropServices;
using AttentionXml.Metrics;
using AttentionXml.Run;
using Fulgurite.Callbacks;

namespace Fulgurite.Tests.Samples.AttentionXml.Run;

/// <summary>Runs of two trees.</summary>
[TestClass]
public sealed class ForestRunTests : ApplicationTest
{
    private const int Topics = 23;

    private static readonly string[] Trees =
    [
        "--trees", "2", "--levels", "2", "--cluster-size", "2", "--beam", "4", "--epochs", "2", "--validate-every", "10",
        "--dropout", "0.1",
    ];

    [TestInitialize]
    public void WriteMoreLabels() => TinyDataset.Write(Folder, Topics);

    [TestMethod]
    [DataRow(0, 25)]
    [DataRow(1, 51)]
    public void Run_StoppedInTheSecondTreeAndResumed_EndsAsARunInOnePiece(int level, int step)
    {
        var whole = Folder.File("whole");
        var all = new Steps((_, _) => { });
        Assert.AreEqual(FitStatus.Completed, Forest([.. Trees, "--output", whole], all).ExecuteAsync(default).GetAwaiter().GetResult());
        using var stop = new CancellationTokenSource();
        var first = new Steps((levels, current) =>
        {
            if (levels == 2 + level && current == step)
            {
                stop.Cancel();
            }
        });
        Assert.AreEqual(FitStatus.Cancelled, Forest(Trees, first).ExecuteAsync(stop.Token).GetAwaiter().GetResult());

        var second = new Steps((_, _) => { });
        Assert.AreEqual(FitStatus.Completed, Forest([.. Trees, "--resume"], second).ExecuteAsync(default).GetAwaiter().GetResult());

        // The first tree is not trained again, and the second one goes on where it was stopped.
        Assert.AreEqual(all.Count, first.Count + second.Count);
        AssertSame(whole);

        // The finished runs evaluate again.
        Assert.AreEqual(0, RunTiny([.. Trees, "--resume", "--output", whole]), Error.ToString());
        var expected = TableOf(Output);
        Assert.Contains("mean of 2 trees", expected);
        Assert.AreEqual(0, RunTiny([.. Trees, "--resume"]), Error.ToString());
        Assert.AreEqual(expected, TableOf(Output));
    }

    [TestMethod]
    public void Run_StoppedBetweenTrees_ResumesWithTheNext()
    {
        var whole = Folder.File("whole");
        Assert.AreEqual(0, RunTiny([.. Trees, "--output", whole]), Error.ToString());
        var expected = TableOf(Output);
        using var signals = new TerminationSignals();
        using var output = new WatchedWriter("Tree 2 of 2", () => signals.Raise(PosixSignal.SIGTERM));

        Assert.AreEqual(143, Run(signals, output, TinyArguments(Trees)), Error.ToString());
        Assert.Contains("Stopped between two trees", Output.ToString());
        Assert.AreEqual(0, RunTiny([.. Trees, "--resume"]), Error.ToString());

        Assert.AreEqual(expected, TableOf(Output));
        AssertSame(whole);
    }

    [TestMethod]
    public void Run_TwoTrees_HaveTheirOwnSeeds()
    {
        Assert.AreEqual(0, RunTiny([.. Trees, "--max-steps", "10", "--seed", "4"]), Error.ToString());
        string[] one = ["--trees", "1", .. Trees[2..], "--max-steps", "10", "--seed", "5", "--output", Folder.File("one")];
        Assert.AreEqual(0, RunTiny(one), Error.ToString());

        CollectionAssert.AreEqual(
            File.ReadAllBytes(Folder.File("one/level-1/last.ckpt")), File.ReadAllBytes(Checkpoint(Runs, tree: 2, level: 1)));
        CollectionAssert.AreNotEqual(
            File.ReadAllBytes(Checkpoint(Runs, tree: 1, level: 1)), File.ReadAllBytes(Checkpoint(Runs, tree: 2, level: 1)));
    }

    [TestMethod]
    public void Ranking_OneOfTheTrees_HasTheScoresOfItsBestCheckpoint()
    {
        // The learning rate is too high, and the best checkpoint is not the last.
        var options = Options([.. Trees, "--learning-rate", "0.1"]).ForTree(1);
        var last = 0L;
        var run = new TrainingRun(options, Silence, new Steps((_, step) => last = step));
        Assert.AreEqual(FitStatus.Completed, run.ExecuteAsync(default).GetAwaiter().GetResult());

        var metrics = new RankingMetrics(TrainingRun.PropensitiesOf(run.Data!));
        foreach (var document in run.Data!.Test.Indices)
        {
            var corpus = run.Data.Test.Corpus;
            metrics.Add(run.Ranking!.Nodes(document)[..RankingMetrics.Depth], corpus.Labels[document], corpus.TrueLabels(document));
        }

        // The sums are in another order.
        Assert.AreEqual(run.Scores!.Value.NdcgAt5, metrics.Result().NdcgAt5, 1e-12);
        Assert.AreEqual(run.Scores.Value.PropensityScoredAt5, metrics.Result().PropensityScoredAt5, 1e-12);
        Assert.IsFalse(File.Exists(Path.Combine(Runs, "tree-1", "level-1", $"best-step={last}.ckpt")), "The best is the last.");
    }

    [TestMethod]
    public void Run_OutputHoldsTrees_OverwritesNothing()
    {
        Assert.AreEqual(0, RunTiny([.. Trees, "--max-steps", "1"]), Error.ToString());

        Assert.AreEqual(2, RunTiny(Trees));
        Assert.AreEqual(2, RunTiny());
        Assert.Contains("holds the checkpoints of an earlier run", Error.ToString());
        Assert.AreEqual(2, RunTiny("--resume"));
        Assert.Contains("There is no checkpoint in", Error.ToString());
    }

    [TestMethod]
    public void Run_ResumedFromAFile_IsRefused()
    {
        Assert.AreEqual(0, RunTiny(["--trees", "2", "--max-steps", "1"]), Error.ToString());

        Assert.AreEqual(2, RunTiny(["--trees", "2", "--resume", Path.Combine(Runs, "tree-1", "last.ckpt")]));
        Assert.Contains("give --resume without a file", Error.ToString());
    }

    private static Screen Silence => new(TextWriter.Null, TextWriter.Null, Columns: null);

    private static string Checkpoint(string output, int tree, int level) =>
        Path.Combine(output, $"tree-{tree}", $"level-{level}", "last.ckpt");

    private static string TableOf(StringWriter output) =>
        string.Join('\n', output.ToString().Split('\n').SkipWhile(line => !line.StartsWith("tree 1", StringComparison.Ordinal)));

    private RunOptions Options(string[] arguments)
    {
        var commandLine = new CommandLine();
        return commandLine.Bind(commandLine.Root.Parse(TinyArguments(arguments)));
    }

    private ForestRun Forest(string[] arguments, Callback observer) => new(Options(arguments), Silence, observer);

    private void AssertSame(string whole)
    {
        foreach (var (tree, level) in new[] { (1, 0), (1, 1), (2, 0), (2, 1) })
        {
            CollectionAssert.AreEqual(
                File.ReadAllBytes(Checkpoint(whole, tree, level)), File.ReadAllBytes(Checkpoint(Runs, tree, level)), $"{tree}, {level}");
        }
    }

    /// <summary>Counts the steps of all levels and shows each to an observer.</summary>
    private sealed class Steps(Action<int, long> observe) : Callback
    {
        private int _level = -1;

        public int Count { get; private set; }

        public override void OnTrainStart(OnTrainStartArguments arguments) => _level++;

        public override void OnTrainBatchEnd(OnTrainBatchEndArguments arguments)
        {
            Count++;
            observe(_level, arguments.Trainer.GlobalStep);
        }
    }

    /// <summary>Calls an observer at a line.</summary>
    private sealed class WatchedWriter(string start, Action observe) : StringWriter
    {
        public override void WriteLine(string? value)
        {
            base.WriteLine(value);
            if (value?.StartsWith(start, StringComparison.Ordinal) == true)
            {
                observe();
            }
        }
    }
}
