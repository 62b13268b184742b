using AttentionXml.Data;
using AttentionXml.Model;
using Fulgurite.Tests.Samples.AttentionXml.Run;

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
}
