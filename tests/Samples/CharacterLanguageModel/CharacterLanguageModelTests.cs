using System.Globalization;
using System.Text.RegularExpressions;
using global::CharacterLanguageModel;

namespace Fulgurite.Tests.Samples.CharacterLanguageModel;

/// <summary>samples/CharacterLanguageModel.</summary>
[TestClass]
public sealed partial class CharacterLanguageModelTests(TestContext context)
{
    [TestMethod]
    [Timeout(120000, CooperativeCancellation = true)]
    public async Task Run_ShortTraining_LearnsAndGoesOnWithThePrompt()
    {
        using var folder = new TemporaryFolder();

        var run = await SampleRun.Of(
            "CharacterLanguageModel", folder.Path, context.CancellationToken, "--MaxEpochs=3", "--Width=48", "--Prompt=A batch ");

        Assert.AreEqual(0, run.ExitCode, run.ToString());
        var result = ResultPattern().Match(run.Output);
        Assert.IsTrue(result.Success, run.ToString());
        var (guessing, model) = (Number(result, "guessing"), Number(result, "model"));
        Assert.IsGreaterThan(60, guessing, "the text has many characters");
        Assert.IsInRange(2, 18, model);
        var text = run.Output[(result.Index + result.Length)..].TrimStart('\n');
        Assert.StartsWith("A batch ", text);
        Assert.AreEqual("A batch ".Length + 300 + 1, text.Length);
        Assert.HasCount(1, Directory.GetFiles(folder.File("runs/characters/checkpoints")), "the best was written once");
    }

    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    [Timeout(240000, CooperativeCancellation = true)]
    public async Task Run_InTwoProcesses_LearnsAndWritesOneFile()
    {
        using var folder = new TemporaryFolder();

        var run = await SampleRun.OfTwoRanks(
            "CharacterLanguageModel", folder.Path, context.CancellationToken, "--MaxEpochs=2", "--Width=32", "--Strategy=mpi");

        Assert.AreEqual(0, run.ExitCode, run.ToString());
        var results = ResultPattern().Matches(run.Output);
        Assert.HasCount(1, results, run.ToString());
        Assert.IsInRange(2, 30, Number(results[0], "model"));
        Assert.HasCount(1, Directory.GetFiles(folder.File("runs/characters/checkpoints")));
    }

    [TestMethod]
    public void Corpus_Text_IsTheSameAfterEncodingAndDecoding()
    {
        var text = string.Concat(Enumerable.Repeat("A small text, of characters.\n", 40));
        var corpus = new Corpus(text);

        Assert.AreEqual(text, corpus.Decode(corpus.Encode(text)));
        Assert.AreEqual(text.Distinct().Count(), corpus.Alphabet.Length);
    }

    [TestMethod]
    public void Corpus_Windows_AreOfTheirPartOnly()
    {
        var corpus = new Corpus(new string('a', 9000) + new string('b', 1000));

        var (train, validation) = (corpus.TrainingWindows(8), corpus.ValidationWindows(8));

        foreach (var batch in train.Take(3))
        {
            using (batch)
            {
                Assert.AreSequenceEqual([8, Corpus.Window + 1], batch.shape);
                Assert.AreEqual(0, batch.max().item<long>());
            }
        }

        foreach (var batch in validation)
        {
            using (batch)
            {
                Assert.AreEqual(1, batch.min().item<long>());
            }
        }
    }

    private static double Number(Match match, string group) => double.Parse(match.Groups[group].ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex(
        @"perplexity: (?<guessing>[0-9]+) by guessing, (?<model>[0-9.]+) by the model\n", RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex ResultPattern();
}
