using AttentionXml.Data;
using AttentionXml.Metrics;

namespace Fulgurite.Tests.Samples.AttentionXml;

[TestClass]
public sealed class RankingMetricsTests
{
    private const double Tolerance = 1e-12;

    [TestMethod]
    public void Result_TwoDocuments_IsWhatTheDefinitionsGiveByHand()
    {
        var metrics = new RankingMetrics();

        // Right on ranks 1 and 3, of 3 labels. DCG = 1 + 1/2; perfect = 1 + 1/log2(3) + 1/2.
        metrics.Add([7, 1, 5, 2, 3], [5, 7, 9], trueLabels: 3);

        // Right on rank 2, of 1 label. DCG = 1/log2(3); perfect = 1.
        metrics.Add([4, 6, 1, 2, 3], [6], trueLabels: 1);

        var scores = metrics.Result();
        var third = 1 / Math.Log2(3);
        Assert.AreEqual(1 / 2.0, scores.PrecisionAt1, Tolerance);
        Assert.AreEqual(((2 / 3.0) + (1 / 3.0)) / 2, scores.PrecisionAt3, Tolerance);
        Assert.AreEqual(((2 / 5.0) + (1 / 5.0)) / 2, scores.PrecisionAt5, Tolerance);
        Assert.AreEqual(((1.5 / (1.5 + third)) + third) / 2, scores.NdcgAt5, Tolerance);
    }

    [TestMethod]
    public void Result_PerfectRankingOfFewLabels_StaysBelowOneForPrecisionOnly()
    {
        var metrics = new RankingMetrics();

        metrics.Add([1, 2, 3, 4, 5], [1, 2], trueLabels: 2);

        Assert.AreEqual(new RankingScores(1, 2 / 3.0, 2 / 5.0, 1), metrics.Result());
    }

    [TestMethod]
    public void Result_LabelsThatCannotBePredicted_CountAsMissed()
    {
        var metrics = new RankingMetrics();

        metrics.Add([1, 2, 3, 4, 5], [1], trueLabels: 2);
        metrics.Add([1, 2, 3, 4, 5], [], trueLabels: 4);

        var scores = metrics.Result();
        Assert.AreEqual(0.5, scores.PrecisionAt1, Tolerance);
        Assert.AreEqual(1 / (1 + (1 / Math.Log2(3))) / 2, scores.NdcgAt5, Tolerance);
    }

    [TestMethod]
    public void Result_MoreLabelsThanRanks_ComparesWithFiveRightOnes()
    {
        var metrics = new RankingMetrics();

        metrics.Add([1, 2, 3, 4, 5], [1, 2, 3, 4, 5, 6, 7], trueLabels: 7);

        Assert.AreEqual(new RankingScores(1, 1, 1, 1), metrics.Result());
    }

    [TestMethod]
    public void Result_FewerLabelsInAllThanRanks_CountsTheEmptyRanksAsWrong()
    {
        var metrics = new RankingMetrics();

        metrics.Add([0, 1], [0, 1], trueLabels: 2);

        Assert.AreEqual(new RankingScores(1, 2 / 3.0, 2 / 5.0, 1), metrics.Result());
    }

    [TestMethod]
    public void Add_DocumentWithoutLabels_Throws() =>
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new RankingMetrics().Add([1], [], trueLabels: 0));

    [TestMethod]
    public void PopularityBaseline_Documents_RanksTheMostFrequentLabelsForEach()
    {
        var corpus = new Corpus();
        corpus.Add([2], [0, 1], trueLabels: 2);
        corpus.Add([2], [2], trueLabels: 1);
        var vocabulary = new Vocabulary(new NameTable(["w"], 2), new NameTable(["x", "y", "z"], 0));

        var scores = PopularityBaseline.Score(Documents.All(corpus), vocabulary);

        Assert.AreEqual(0.5, scores.PrecisionAt1, Tolerance);
        Assert.AreEqual(((2 / 3.0) + (1 / 3.0)) / 2, scores.PrecisionAt3, Tolerance);
        Assert.AreEqual((1 + 0.5) / 2, scores.NdcgAt5, Tolerance);
    }
}
