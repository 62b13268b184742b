using AttentionXml.Batches;
using AttentionXml.Data;
using AttentionXml.Model;
using AttentionXml.Tree;
using static TorchSharp.torch;

namespace Fulgurite.Tests.Samples.AttentionXml;

[TestClass]
public sealed class LabelTreeTests
{
    private const int Labels = 13;

    [TestMethod]
    [DataRow(13, 4, 2)]
    [DataRow(16, 4, 2)]
    [DataRow(17, 4, 3)]
    [DataRow(3, 8, 0)]
    [DataRow(670_091, 8, 17, DisplayName = "Amazon-670K has 131,072 clusters")]
    public void HeightFor_ClusterSize_IsTheSmallestThatSuffices(int labels, int clusterSize, int expected) =>
        Assert.AreEqual(expected, BalancedClustering.HeightFor(labels, clusterSize));

    [TestMethod]
    public void Split_LabelsOfTwoTopics_SeparatesThemInHalvesOfEqualSize()
    {
        // Even labels share the words 2 to 5, odd ones 6 to 9.
        var corpus = new Corpus();
        var random = new Random(1);
        for (var i = 0; i < 300; i++)
        {
            var label = random.Next(12);
            var first = label % 2 == 0 ? 2 : 6;
            corpus.Add([first + random.Next(4), first + random.Next(4), 10], [label], 1);
        }

        var representations = LabelRepresentations.Create(Documents.All(corpus), words: 11, labels: 12);
        var clusters = BalancedClustering.Split(representations, height: 2, seed: 5);

        CollectionAssert.AreEqual(clusters, BalancedClustering.Split(representations, height: 2, seed: 5));
        var sizes = clusters.CountBy(cluster => cluster).OrderBy(pair => pair.Key).Select(pair => pair.Value);
        CollectionAssert.AreEqual(new[] { 3, 3, 3, 3 }, sizes.ToArray());
        for (var label = 0; label < 12; label++)
        {
            Assert.AreEqual(clusters[label % 2] >> 1, clusters[label] >> 1, $"label {label}");
        }
    }

    [TestMethod]
    public void Create_ThreeLevels_EveryNodeHasOneParentAndItsLabels()
    {
        var clusters = Enumerable.Range(0, Labels).Select(label => label * 16 / Labels).ToArray();
        var tree = LabelTree.Create(clusters, height: 4, levels: 3);

        CollectionAssert.AreEqual(new[] { 2, 16, Labels }, tree.Levels.Select(level => level.Count).ToArray());
        for (var label = 0; label < Labels; label++)
        {
            Assert.Contains(label, tree.Levels[2].Children(tree.Levels[1].Node(label)).ToArray());
            Assert.Contains(tree.Levels[1].Node(label), tree.Levels[1].Children(tree.Levels[0].Node(label)).ToArray());
        }
    }

    [TestMethod]
    public void Score_Candidates_AreThoseOfAllLabels()
    {
        using var scope = NewDisposeScope();
        random.manual_seed(3);
        using var network = new AttentionXmlNetwork(20, Labels, new NetworkSizes { Embedding = 6, Hidden = 5, Mlp = 4 });
        network.eval();
        var words = tensor(new long[] { 3, 4, 5, 6, 0, 0 }, 2, 3);
        var candidates = tensor(new long[] { 1, 12, 0, 7, 7, 3 }, 2, 3);

        var difference = network.Score(words, candidates) - network.call(words).gather(1, candidates);

        Assert.IsLessThan(1e-5f, difference.abs().max().item<float>());
    }

    [TestMethod]
    public void Search_BeamOfAllNodes_RanksLabelsByTheProductAlongThePath()
    {
        using var scope = NewDisposeScope();
        random.manual_seed(3);
        var corpus = new Corpus();
        corpus.Add([3, 4, 5], [12], 1);
        corpus.Add([6, 7], [0, 5], 2);
        var documents = Documents.All(corpus);
        var vocabulary = new Vocabulary(
            new NameTable(Enumerable.Range(0, 18).Select(i => $"w{i}"), Vocabulary.FirstWord),
            new NameTable(Enumerable.Range(0, Labels).Select(i => $"l{i}"), 0));
        var tree = LabelTree.Create([.. Enumerable.Range(0, Labels).Select(label => label / 4)], height: 2, levels: 2);
        var sizes = new NetworkSizes { Embedding = 6, Hidden = 5, Mlp = 4 };
        using var clusters = new AttentionXmlModule(vocabulary, sizes, 0.1, tree, 0);
        using var labels = new AttentionXmlModule(vocabulary, sizes, 0.1, tree, 1);

        var above = Candidates.Search(clusters, tree.Levels[0], documents, null, beam: 64, batchSize: 2, CancellationToken.None);
        var best = Candidates.Search(labels, tree.Levels[1], documents, above, beam: Labels, batchSize: 2, CancellationToken.None);

        labels.eval();
        var all = TextBatch.Create(corpus, new[] { 0, 1 }, TreeLevel.Flat(Labels));
        var ofLabels = nn.functional.logsigmoid(labels.Score(all));
        var ofClusters = nn.functional.logsigmoid(clusters.Score(all));
        for (var document = 0; document < 2; document++)
        {
            var expected = Enumerable.Range(0, Labels)
                .ToDictionary(
                    label => label, label => ofLabels[document, label].item<float>() + ofClusters[document, label / 4].item<float>());
            var nodes = best.Nodes(document).ToArray();
            CollectionAssert.AreEquivalent(expected.Keys, nodes);
            for (var i = 0; i < nodes.Length; i++)
            {
                Assert.AreEqual(expected[nodes[i]], best.Scores(document)[i], 1e-5f);
                Assert.IsTrue(i == 0 || best.Scores(document)[i] <= best.Scores(document)[i - 1], "best first");
            }
        }
    }

    [TestMethod]
    public void Create_TrainingBatchWithANarrowBeam_HasEveryTrueLabelAmongItsCandidates()
    {
        using var scope = NewDisposeScope();
        random.manual_seed(3);
        var corpus = new Corpus();
        corpus.Add([1], [0, 5, 12], 3);
        var tree = LabelTree.Create([.. Enumerable.Range(0, Labels).Select(label => label / 4)], height: 2, levels: 2);
        var vocabulary = new Vocabulary(
            new NameTable(["w"], Vocabulary.FirstWord), new NameTable(Enumerable.Range(0, Labels).Select(i => $"l{i}"), 0));
        using var clusters = new AttentionXmlModule(vocabulary, new NetworkSizes { Embedding = 6, Hidden = 5, Mlp = 4 }, 0.1, tree, 0);
        var narrow = Candidates.Search(
            clusters, tree.Levels[0], Documents.All(corpus), null, beam: 1, batchSize: 1, CancellationToken.None);

        var batch = TextBatch.Create(corpus, new[] { 0 }, tree.Levels[1], narrow, isTraining: true);
        var held = TextBatch.Create(corpus, new[] { 0 }, tree.Levels[1], narrow);

        var candidates = batch.Candidates!.data<long>().ToArray();
        CollectionAssert.IsSubsetOf(new long[] { 0, 5, 12 }, candidates);
        var targets = batch.TargetPlaces.data<long>().ToArray().Select(place => candidates[place]);
        CollectionAssert.AreEquivalent(new long[] { 0, 5, 12 }, targets.ToArray());
        Assert.IsLessThanOrEqualTo(4, held.Candidates!.shape[1], "candidates in a validation are predicted ones only");
    }
}
