using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using AttentionXml.Run;
using Fulgurite.Callbacks;

namespace Fulgurite.Tests.Samples.AttentionXml.Run;

/// <summary>Runs with a label tree of three levels: 2, 16 and 24 nodes.</summary>
[TestClass]
public sealed partial class LabelTreeRunTests : ApplicationTest
{
    private const int Topics = 23, Levels = 3;

    private static readonly string[] Tree =
    [
        "--levels", "3", "--cluster-size", "2", "--beam", "4", "--epochs", "2", "--validate-every", "10", "--dropout", "0.1",
        "--average-from", "1", "--word-vectors",
    ];

    [TestInitialize]
    public void WriteMoreLabels() => TinyDataset.Write(Folder, Topics);

    [TestMethod]
    [DataRow("--epochs", "12")]
    [DataRow("--epochs", "6", "--word-vectors", "--add-attention")]
    public void Run_LabelTree_FindsTheLabelsThroughEveryLevel(params string[] more)
    {
        Assert.AreEqual(0, RunTiny(["--levels", "3", "--cluster-size", "2", "--beam", "4", .. more]), Error.ToString());

        Assert.Contains("Label tree with levels of 2, 16, 24 nodes", Output.ToString());
        var line = Output.ToString().Split('\n').Single(line => line.StartsWith("this model", StringComparison.Ordinal));
        var scores = Number().Matches(line).Select(match => double.Parse(match.Value, CultureInfo.InvariantCulture)).ToArray();
        Assert.IsGreaterThan(0.9, scores[^1], $"nDCG@5\n{Output}");
        for (var level = 0; level < Levels; level++)
        {
            Assert.IsTrue(File.Exists(Level(Runs, level, "last.ckpt")));
            Assert.HasCount(2, Directory.GetFiles(Path.Combine(Runs, $"level-{level}")));
        }
    }

    [TestMethod]
    [DataRow(0, 3)]
    [DataRow(0, 34)]
    [DataRow(1, 1)]
    [DataRow(1, 51)]
    [DataRow(2, 10)]
    [DataRow(2, 67)]
    public void Run_StoppedInALevelAndResumed_EndsBitForBitAsARunInOnePiece(int level, int step)
    {
        EndsAsInOnePiece(stop => new StopAt(level, step, stop), () =>
        {
            Assert.IsTrue(File.Exists(Level(Runs, level, "last.ckpt")));
            Assert.IsFalse(File.Exists(Level(Runs, level + 1, "last.ckpt")));
        });
    }

    [TestMethod]
    [DataRow(0, 10)]
    [DataRow(0, 20)]
    [DataRow(1, 10)]
    public void Run_StoppedInAValidationAndResumed_EndsBitForBitAsARunInOnePiece(int level, int step)
    {
        EndsAsInOnePiece(stop => new StopInValidation(level, step, stop));
    }

    private void EndsAsInOnePiece(Func<CancellationTokenSource, Callback> stopWith, Action? whenStopped = null)
    {
        var whole = Folder.File("whole");
        Assert.AreEqual(0, RunTiny([.. Tree, "--output", whole]), Error.ToString());
        var expected = TableOf(Output);

        var commandLine = new CommandLine();
        var options = commandLine.Bind(commandLine.Root.Parse(TinyArguments(Tree)));
        using var stop = new CancellationTokenSource();
        var run = new TrainingRun(options, new Screen(TextWriter.Null, TextWriter.Null, Columns: null), stopWith(stop));
        Assert.AreEqual(FitStatus.Cancelled, run.ExecuteAsync(stop.Token).GetAwaiter().GetResult());
        whenStopped?.Invoke();

        Assert.AreEqual(0, RunTiny([.. Tree, "--resume"]), Error.ToString());

        AssertSame(whole, expected);
    }

    private sealed class StopInValidation(int level, int step, CancellationTokenSource stop) : Callback
    {
        private int _level = -1;

        public override void OnFitStart(OnFitStartArguments arguments) => _level++;

        public override void OnValidationBatchEnd(OnValidationBatchEndArguments arguments)
        {
            if (_level == level && arguments.Trainer.GlobalStep == step)
            {
                stop.Cancel();
            }
        }
    }

    [TestMethod]
    public void Run_StoppedBetweenLevels_ResumesWithTheNext()
    {
        var whole = Folder.File("whole");
        RunTiny([.. Tree, "--output", whole]);
        var expected = TableOf(Output);
        using var signals = new TerminationSignals();
        using var output = new WatchedWriter(line =>
        {
            if (line.StartsWith("Level 1 is done", StringComparison.Ordinal))
            {
                signals.Raise(PosixSignal.SIGTERM);
            }
        });

        Assert.AreEqual(143, Run(signals, output, TinyArguments(Tree)), Error.ToString());
        Assert.Contains("Stopped between two levels", Output.ToString());
        Assert.AreEqual(0, RunTiny([.. Tree, "--resume"]), Error.ToString());

        Assert.Contains("Level 1 was trained before", Output.ToString());
        AssertSame(whole, expected);
    }

    [TestMethod]
    public void Run_OtherTree_IsRefused()
    {
        Assert.AreEqual(0, RunTiny([.. Tree, "--max-steps", "3"]), Error.ToString());
        Assert.AreEqual(2, RunTiny([.. Tree[..2], "--cluster-size", "3", .. Tree[4..], "--resume"]));

        Assert.Contains("another label tree", Error.ToString());
    }

    [TestMethod]
    public void Run_Patience_EndsALevelEarly()
    {
        Assert.AreEqual(0, RunTiny([.. Tree, "--learning-rate", "1e-12", "--patience", "2"]), Error.ToString());

        // Without learning, the first validation is the best one.
        Assert.Contains("(step 30)", Output.ToString());
    }

    private static string Level(string output, int level, string file) => Path.Combine(output, $"level-{level}", file);

    private static string TableOf(StringWriter output) =>
        output.ToString().Split('\n').Single(line => line.StartsWith("this model", StringComparison.Ordinal));

    private void AssertSame(string whole, string table)
    {
        Assert.AreEqual(table, TableOf(Output));
        for (var level = 0; level < Levels; level++)
        {
            var expected = File.ReadAllBytes(Level(whole, level, "last.ckpt"));
            CollectionAssert.AreEqual(expected, File.ReadAllBytes(Level(Runs, level, "last.ckpt")), $"level {level}");
        }
    }

    [GeneratedRegex(@"\d\.\d{4}", RegexOptions.None, 1000)]
    private static partial Regex Number();

    /// <summary>Stops the run after a step of a level.</summary>
    private sealed class StopAt(int level, int step, CancellationTokenSource stop) : Callback
    {
        private int _level = -1;

        public override void OnTrainStart(OnTrainStartArguments arguments) => _level++;

        public override void OnTrainBatchEnd(OnTrainBatchEndArguments arguments)
        {
            if (_level == level && arguments.Trainer.GlobalStep == step)
            {
                stop.Cancel();
            }
        }
    }

    /// <summary>Shows every line to an observer.</summary>
    private sealed class WatchedWriter(Action<string> observe) : StringWriter
    {
        public override void WriteLine(string? value)
        {
            base.WriteLine(value);
            observe(value ?? string.Empty);
        }
    }
}
