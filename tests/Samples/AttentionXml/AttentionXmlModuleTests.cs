using AttentionXml.Batches;
using AttentionXml.Data;
using AttentionXml.Model;
using AttentionXml.Tree;
using Fulgurite.Tests.Samples.AttentionXml.Run;
using TorchSharp;

namespace Fulgurite.Tests.Samples.AttentionXml;

[TestClass]
public sealed class AttentionXmlModuleTests
{
    [TestMethod]
    public void StateDict_OfTheModule_HasEveryWeightOnceUnderAPlainName()
    {
        using var folder = new TemporaryFolder();
        TinyDataset.Write(folder);
        var data = TextDataset.Read(CorpusDirectory.Open(folder.Path), "auto", new CorpusLimits { MinLabelFrequency = 5 }, 50);
        using var module = new AttentionXmlModule(
            data.Vocabulary, new NetworkSizes { Embedding = 8, Hidden = 6, Mlp = 5 }, learningRate: 0.01);

        var weights = module.state_dict();

        string[] lstm = ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"];
        string[] expected =
        [
            "network.embedding.weight", "network.attention.weight",
            "network.mlp.weight", "network.mlp.bias", "network.output.weight", "network.output.bias",
            .. lstm.SelectMany(name => new[] { $"network.lstm.{name}", $"network.lstm.{name}_reverse" }),
        ];
        CollectionAssert.AreEquivalent(expected, weights.Keys.ToArray());
        Assert.HasCount(expected.Length, weights.Values.Select(tensor => tensor.Handle).Distinct().ToArray(), "no weight has two names");
    }

    [TestMethod]
    public void Rank_Candidates_WeighsTheScoresOfTheirParents()
    {
        using var scope = torch.NewDisposeScope();
        using var folder = new TemporaryFolder();
        TinyDataset.Write(folder);
        var data = TextDataset.Read(CorpusDirectory.Open(folder.Path), "auto", new CorpusLimits { MinLabelFrequency = 5 }, 50);
        var batch = new TextBatch(
            torch.tensor(new long[] { 2, 3 }, 1, 2), torch.tensor(Array.Empty<long>()), new[] { 0 }, data.Train.Corpus,
            torch.tensor(new long[] { 4, 1, 0 }, 1, 3), torch.tensor([-1, -2, float.NegativeInfinity], 1, 3));

        var (whole, quarter) = (Scores(1), Scores(0.25));

        CollectionAssert.AreEquivalent(new[] { 1, 4 }, whole.Keys);
        Assert.AreEqual(whole[4] + 0.75f, quarter[4], 1e-5f);
        Assert.AreEqual(whole[1] + 1.5f, quarter[1], 1e-5f);

        Dictionary<int, float> Scores(double parentWeight)
        {
            torch.random.manual_seed(1);
            var sizes = new NetworkSizes { Embedding = 8, Hidden = 6, Mlp = 5, ParentWeight = parentWeight };
            using var module = new AttentionXmlModule(data.Vocabulary, sizes, learningRate: 0.01);
            module.eval();
            var (nodes, scores) = module.Rank(batch, depth: 3).Of(0);
            return nodes.ToArray().Zip(scores.ToArray()).ToDictionary(pair => pair.First, pair => pair.Second);
        }
    }

    [TestMethod]
    public void StartFrom_LevelAbove_GivesEveryNodeTheAttentionOfItsParent()
    {
        using var folder = new TemporaryFolder();
        TinyDataset.Write(folder);
        var data = TextDataset.Read(CorpusDirectory.Open(folder.Path), "auto", new CorpusLimits { MinLabelFrequency = 5 }, 50);
        var sizes = new NetworkSizes { Embedding = 8, Hidden = 6, Mlp = 5 };
        var labels = data.Vocabulary.Labels.Count;
        var tree = LabelTree.Create([.. Enumerable.Range(0, labels).Select(label => label % 2)], height: 1, levels: 2);
        using var above = new AttentionXmlModule(data.Vocabulary, sizes, learningRate: 0.01, tree, level: 0);
        using var module = new AttentionXmlModule(data.Vocabulary, sizes, learningRate: 0.01, tree, level: 1);

        module.StartFrom(above);

        var (expected, actual) = (above.state_dict(), module.state_dict());
        var attention = actual["network.attention.weight"].data<float>().ToArray().Chunk(2 * sizes.Hidden).ToArray();
        var parents = expected["network.attention.weight"].data<float>().ToArray().Chunk(2 * sizes.Hidden).ToArray();
        Assert.HasCount(labels, attention);
        for (var label = 0; label < labels; label++)
        {
            CollectionAssert.AreEqual(parents[label % 2], attention[label]);
        }

        foreach (var name in expected.Keys.Where(name => name != "network.attention.weight"))
        {
            CollectionAssert.AreEqual(expected[name].data<float>().ToArray(), actual[name].data<float>().ToArray(), name);
        }
    }
}
