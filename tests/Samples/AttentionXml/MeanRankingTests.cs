using AttentionXml.Tree;

namespace Fulgurite.Tests.Samples.AttentionXml;

[TestClass]
public sealed class MeanRankingTests
{
    [TestMethod]
    public void Best_ThreeTrees_RanksByTheMeansOfTheProbabilities()
    {
        var ranking = new MeanRanking();

        // Means: label 1: 0.3, label 2: 0.4, label 3: 0.5, label 4: 0.2.
        ranking.Add([1, 2], [Log(0.9), Log(0.6)]);
        ranking.Add([3, 4, 2], [Log(0.8), Log(0.6), Log(0.1)]);
        ranking.Add([3, 2], [Log(0.7), Log(0.5)]);

        CollectionAssert.AreEqual(new[] { 3, 2, 1, 4 }, ranking.Best(5));
        CollectionAssert.AreEqual(new[] { 3, 2 }, ranking.Best(2));
    }

    [TestMethod]
    public void Best_EqualMeans_RanksTheMoreFrequentLabelFirst()
    {
        var ranking = new MeanRanking();

        ranking.Add([7, 2, 5], [-1, -1, -1]);

        CollectionAssert.AreEqual(new[] { 2, 5, 7 }, ranking.Best(5));
    }

    private static float Log(double probability) => (float)Math.Log(probability);
}
