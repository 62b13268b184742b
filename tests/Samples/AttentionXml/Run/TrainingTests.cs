using System.Globalization;
using System.Text.RegularExpressions;
using AttentionXml.Run;
using Fulgurite.Callbacks;
using Fulgurite.IO;
using Fulgurite.State;

namespace Fulgurite.Tests.Samples.AttentionXml.Run;

[TestClass]
public sealed partial class TrainingTests : ApplicationTest
{
    [TestMethod]
    public void Run_LearnableData_BeatsPopularityAndTellsWhereTheCheckpointsAre()
    {
        var code = RunTiny("--epochs", "8", "--validate-every", "10");

        Assert.AreEqual(0, code, Error.ToString());
        var popularity = Scores("the most frequent labels, for all alike");
        var model = Scores("this model");
        Assert.AreEqual(1, popularity[0], "label 'any' is on every document");
        Assert.IsLessThan(0.9, popularity[3]);
        Assert.IsGreaterThan(0.97, model[3], $"nDCG@5 of the model\n{Output}");
        Assert.IsGreaterThan(0.6, model[1], "P@3: two of three");
        var files = Checkpoints();
        Assert.HasCount(2, files);
        Assert.StartsWith("best-step=", files[0]);
        Assert.AreEqual("last.ckpt", files[1]);
        foreach (var file in files)
        {
            Assert.Contains(Path.Combine(Runs, file), Output.ToString());
        }

        // On a slow disk newer saves take the place of waiting ones; none may be lost in any other way.
        var costs = CostLine().Match(Output.ToString());
        Assert.IsTrue(costs.Success, Output.ToString());
        Assert.AreEqual(Count("saves"), Count("durable") + Count("superseded"));
        Assert.IsGreaterThan(1, Count("durable"));

        int Count(string group) => costs.Groups[group].Success ? int.Parse(costs.Groups[group].Value, CultureInfo.InvariantCulture) : 0;
    }

    [TestMethod]
    [DataRow("async")]
    [DataRow("torch")]
    [DataRow("incremental")]
    public void Run_StoppedAndResumed_EndsWhereARunInOnePieceDoes(string io)
    {
        RunTiny("--epochs", "2", "--validate-every", "10", "--io", io, "--output", Folder.File("whole"));
        var whole = Scores("this model");
        var last = LastOf(Folder.File("whole"));

        Assert.AreEqual(0, RunTiny("--epochs", "2", "--validate-every", "10", "--io", io, "--max-steps", "23"));
        Assert.Contains("(step 23)", Output.ToString());
        Assert.AreEqual(0, RunTiny("--epochs", "2", "--validate-every", "10", "--io", io, "--resume"));

        Assert.Contains("(step 68)", Output.ToString());
        CollectionAssert.AreEqual(whole, Scores("this model"));

        CollectionAssert.AreEqual(last, LastOf(Runs));
    }

    [TestMethod]
    public void Run_IncrementalTreeStoppedAndResumed_EndsWhereARunInOnePieceDoes()
    {
        string[] tree =
        [
            "--levels", "2", "--cluster-size", "2", "--beam", "4", "--epochs", "2", "--validate-every", "10", "--average-from", "1",
            "--io", "incremental",
        ];
        Assert.AreEqual(0, RunTiny([.. tree, "--output", Folder.File("whole")]), Error.ToString());
        var scores = Scores("this model");

        Assert.AreEqual(0, RunTiny([.. tree, "--max-steps", "45"]), Error.ToString());
        Directory.Delete(Path.Combine(Runs, "level-1"), recursive: true);
        File.Delete(Path.Combine(Runs, "level-0.done"));
        Assert.AreEqual(2, RunTiny(tree), "The folder is not free.");
        Assert.AreEqual(0, RunTiny([.. tree, "--resume"]), Error.ToString());

        CollectionAssert.AreEqual(scores, Scores("this model"));
        foreach (var level in new[] { "level-0", "level-1" })
        {
            CollectionAssert.AreEqual(LastOf(Path.Combine(Folder.File("whole"), level)), LastOf(Path.Combine(Runs, level)), level);
        }
    }

    /// <summary>The bytes of the last checkpoint; of an incremental one, those of a file with its state.</summary>
    private static byte[] LastOf(string folder)
    {
        var whole = Path.Combine(folder, "last.ckpt");
        if (!File.Exists(whole))
        {
            using var state = new TorchCheckpointIO().LoadCheckpointAsync(Path.Combine(folder, "last.safetensors"), null, default)
                .GetAwaiter().GetResult();
            whole = Path.Combine(folder, "whole");
            new TorchCheckpointIO().SaveCheckpointAsync(state, whole, null, default).GetAwaiter().GetResult();
        }

        return File.ReadAllBytes(whole);
    }

    [TestMethod]
    [DataRow(2, new[] { 10, 20, 30, 40, 50, 60, 68 }, DisplayName = "two epochs")]
    [DataRow(1, new[] { 10, 20, 30, 34 }, DisplayName = "one epoch")]
    public void Run_EpochIsNoMultipleOfTheInterval_AveragesTheWeightsOfEveryValidation(int epochs, int[] validations)
    {
        // 34 batches per epoch. Validations that count from the start of an epoch, and averages that count from the start of the training,
        // are not at the same steps.
        var commandLine = new CommandLine();
        var options = commandLine.Bind(commandLine.Root.Parse(
            TinyArguments("--epochs", $"{epochs}", "--validate-every", "10", "--average-from", $"{epochs - 1}")));
        var observer = new ValidatedSteps();

        new TrainingRun(options, new Screen(TextWriter.Null, TextWriter.Null, Columns: null), observer).ExecuteAsync(default)
            .GetAwaiter().GetResult();

        CollectionAssert.AreEqual(validations, observer.Steps);
        using var state = new TorchCheckpointIO().LoadCheckpointAsync(Path.Combine(Runs, "last.ckpt"), null, default)
            .GetAwaiter().GetResult();
        var average = state[CheckpointKeys.Callbacks].AsMap().Select(callback => callback.Value.AsMap())
            .Single(callback => callback.ContainsKey("averaged"));
        Assert.AreEqual(validations.Count(step => step > 34 * (epochs - 1)), average["averaged"].AsInteger());
    }

    [TestMethod]
    public void Run_ResumedAfterTheEnd_HasNothingToDoAndSaysTheSameAgain()
    {
        RunTiny("--epochs", "1");
        var scores = Scores("this model");
        var files = Checkpoints();

        Assert.AreEqual(0, RunTiny("--epochs", "1", "--resume"), Error.ToString());

        CollectionAssert.AreEqual(scores, Scores("this model"));
        CollectionAssert.AreEqual(files, Checkpoints());
    }

    [TestMethod]
    public void Run_EndedBeforeItsFirstValidation_SpeaksOfNoBestCheckpoint()
    {
        Assert.AreEqual(0, RunTiny("--max-steps", "2", "--validate-every", "10"), Error.ToString());

        CollectionAssert.AreEqual(new[] { "last.ckpt" }, Checkpoints());
        Assert.DoesNotContain("Best checkpoint", Output.ToString());
        Assert.Contains($"Last checkpoint: {Path.Combine(Runs, "last.ckpt")} (step 2)", Output.ToString());
    }

    [TestMethod]
    [DataRow("24 40 3", DisplayName = "extreme classification")]
    [DataRow("", DisplayName = "LibSVM")]
    public void Run_SparseFiles_Trains(string headerLine)
    {
        string[] header = headerLine.Length > 0 ? [headerLine] : [];
        string[] documents = ["0 1:1 30:0.5", "1 2:1", "2 3:1", "0,1 1:1 2:1", "1 2:1", "2 3:1"];
        var body = Enumerable.Repeat(documents, 4).SelectMany(line => line).ToArray();
        using var data = new TemporaryFolder();
        data.Write("amazon_train.txt", [.. header, .. body]);
        data.Write("amazon_test.txt", [.. header, .. body]);

        var code = RunTiny("--data", data.Path, "--min-label-frequency", "1", "--epochs", "2");

        Assert.AreEqual(0, code, Error.ToString());
        Assert.Contains("3 labels", Output.ToString());
    }

    [TestMethod]
    public void Help_Asked_ListsOptionsWithDefaults()
    {
        Assert.AreEqual(0, RunPlain("--help"));
        Assert.Contains("--min-label-frequency", Output.ToString());
        Assert.Contains("[default: 50]", Output.ToString());
    }

    private sealed class ValidatedSteps : Callback
    {
        public List<int> Steps { get; } = [];

        public override void OnValidationEnd(OnValidationEndArguments arguments)
        {
            if (arguments.Trainer.IsFitting)
            {
                Steps.Add((int)arguments.Trainer.GlobalStep);
            }
        }
    }

    /// <summary>The four numbers of the row of the final table that begins so.</summary>
    private double[] Scores(string row)
    {
        var line = Output.ToString().Split('\n').Single(line => line.StartsWith(row, StringComparison.Ordinal));
        return [.. Number().Matches(line).TakeLast(4).Select(match => double.Parse(match.Value, CultureInfo.InvariantCulture))];
    }

    [GeneratedRegex(@"\d\.\d{4}", RegexOptions.None, 1000)]
    private static partial Regex Number();

    [GeneratedRegex(
        @"(?<durable>\d+) of (?<saves>\d+) checkpoints durable \(\d+\.\d MiB(, (?<superseded>\d+) superseded by newer ones)?\); "
            + @"training waited \d+\.\d ms in all",
        RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex CostLine();
}
