using System.Globalization;
using System.Text.RegularExpressions;

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
    public void Run_StoppedAndResumed_EndsWhereARunInOnePieceDoes(string io)
    {
        RunTiny("--epochs", "2", "--validate-every", "10", "--io", io, "--output", Folder.File("whole"));
        var whole = Scores("this model");
        var last = File.ReadAllBytes(Path.Combine(Folder.File("whole"), "last.ckpt"));

        Assert.AreEqual(0, RunTiny("--epochs", "2", "--validate-every", "10", "--io", io, "--max-steps", "23"));
        Assert.Contains("(step 23)", Output.ToString());
        Assert.AreEqual(0, RunTiny("--epochs", "2", "--validate-every", "10", "--io", io, "--resume"));

        Assert.Contains("(step 68)", Output.ToString());
        CollectionAssert.AreEqual(whole, Scores("this model"));

        CollectionAssert.AreEqual(last, File.ReadAllBytes(Path.Combine(Runs, "last.ckpt")));
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
