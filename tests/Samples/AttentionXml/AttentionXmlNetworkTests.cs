using AttentionXml.Model;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulgurite.Tests.Samples.AttentionXml;

[TestClass]
public sealed class AttentionXmlNetworkTests
{
    private const int Words = 20, Labels = 7;

    private static readonly NetworkSizes Sizes = new() { Embedding = 6, Hidden = 5, Mlp = 4 };

    [TestMethod]
    public void Forward_Documents_ScoresEveryLabelNearTheStartingOddsAndLeavesNothingBehind()
    {
        using var scope = NewDisposeScope();
        using var network = Network();
        var words = tensor(new long[] { 3, 4, 5, 6, 0, 0 }, 2, 3);
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;

        var logits = network.call(words);

        Assert.AreEqual(before + 1, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        CollectionAssert.AreEqual(new long[] { 2, Labels }, logits.shape);
        Assert.AreEqual(-5, logits.mean().item<float>(), 1.0);
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Forward_ByTheBook_IsTheSame(bool addsAttention)
    {
        using var scope = NewDisposeScope();
        using var network = Network(addsAttention);
        var words = tensor(new long[] { 3, 4, 5, 6, 7, 0, 8, 0, 0 }, 3, 3);
        var parameters = network.state_dict();

        // Attention first and then the whole shared network on each label's summary, as the paper has it.
        var states = States(parameters, words);
        var scores = states.matmul(parameters["attention.weight"].t()).transpose(1, 2).masked_fill(words.eq(0).unsqueeze(1), -1e30f);
        var summaries = scores.softmax(-1).matmul(states);
        var hidden = nn.functional.relu(summaries.matmul(parameters["mlp.weight"].t()) + parameters["mlp.bias"]);
        var expected = (hidden.matmul(parameters["output.weight"].t()) + parameters["output.bias"]).squeeze(-1);
        if (addsAttention)
        {
            // How well the summary of a label fits the label.
            expected += (summaries * parameters["attention.weight"]).sum(-1);
        }

        Assert.IsLessThan(1e-5f, (network.call(words) - expected).abs().max().item<float>());
    }

    [TestMethod]
    public void Forward_PaddedPlaces_GetNoAttention()
    {
        using var scope = NewDisposeScope();
        using var network = Network();
        var words = tensor(new long[] { 3, 0, 0 }, 1, 3);

        // Whatever the LSTM says at padded places: a document of one word is summed up by the state at that word alone.
        var parameters = network.state_dict();
        var states = States(parameters, words);
        var hidden = nn.functional.relu(states.select(1, 0).matmul(parameters["mlp.weight"].t()) + parameters["mlp.bias"]);
        var expected = hidden.matmul(parameters["output.weight"].t()) + parameters["output.bias"];

        Assert.IsLessThan(1e-5f, (network.call(words) - expected).abs().max().item<float>());
    }

    private static Tensor States(Dictionary<string, Tensor> parameters, Tensor words)
    {
        const string Prefix = "lstm.";
        using var lstm = nn.LSTM(Sizes.Embedding, Sizes.Hidden, batchFirst: true, bidirectional: true);
        lstm.load_state_dict(
            parameters.Where(
                p => p.Key.StartsWith(Prefix, StringComparison.Ordinal)).ToDictionary(p => p.Key[Prefix.Length..], p => p.Value));
        var (states, _, _) = lstm.call(
            parameters["embedding.weight"].index_select(0, words.flatten()).reshape(words.shape[0], words.shape[1], -1));
        return states;
    }

    private static AttentionXmlNetwork Network(bool addsAttention = false)
    {
        random.manual_seed(3);
        var sizes = new NetworkSizes
        {
            Embedding = Sizes.Embedding,
            Hidden = Sizes.Hidden,
            Mlp = Sizes.Mlp,
            AddsAttention = addsAttention,
        };
        var network = new AttentionXmlNetwork(Words, Labels, sizes);
        network.eval();
        return network;
    }
}
