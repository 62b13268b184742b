using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite.Tests.Engine;

[TestClass]
public class NNRecurrentTests
{
    [TestMethod]
    [DataRow(1L, false, false)]
    [DataRow(2L, true, true)]
    public void LSTM_SameSeedAsPython_HasItsWeightsOutputsAndGradients(long layers, bool batchFirst, bool bidirectional)
    {
        var python = PythonTorch.Run($"""

            torch.manual_seed(3)
            m = torch.nn.LSTM(4, 5, num_layers={layers}, batch_first={Truth(batchFirst)}, bidirectional={Truth(bidirectional)})
            x = torch.randn(3, 6, 4)
            y, (h, c) = m(x)
            (y.sum() + (h * c).sum()).backward()
            out["y"], out["h"], out["c"] = y, h, c
            for k, v in m.named_parameters():
                out["w." + k], out["g." + k] = v, v.grad

            """);
        using var scope = NewDisposeScope();
        manual_seed(3);
        using var lstm = nn.LSTM(4, 5, layers, batchFirst: batchFirst, bidirectional: bidirectional);
        var (y, h, c) = lstm.call(randn(3, 6, 4));
        (y.sum() + (h * c).sum()).backward();

        CollectionAssert.AreEqual(new[] { 3L, 6L, bidirectional ? 10L : 5L }, y.shape);
        CollectionAssert.AreEqual(new[] { layers * (bidirectional ? 2 : 1), batchFirst ? 3L : 6L, 5L }, h.shape);
        PythonTorch.AssertClose(python["y"], PythonTorch.Numbers(y), 1e-6, "y");
        PythonTorch.AssertClose(python["h"], PythonTorch.Numbers(h), 1e-6, "h");
        PythonTorch.AssertClose(python["c"], PythonTorch.Numbers(c), 1e-6, "c");
        AssertWeightsAndGradients(python, lstm);
    }

    [TestMethod]
    public void LSTM_GivenHiddenState_GoesOnFromIt()
    {
        using var scope = NewDisposeScope();
        manual_seed(4);
        using var lstm = nn.LSTM(2, 3);
        var input = randn(6, 1, 2);
        var (whole, _, _) = lstm.call(input);
        var (_, h, c) = lstm.call(input.narrow(0, 0, 4));
        var (rest, _, _) = lstm.call(input.narrow(0, 4, 2), (h, c));
        Assert.IsTrue(rest.allclose(whole.narrow(0, 4, 2)));
    }

    [TestMethod]
    public void LSTM_WithDropoutBetweenLayers_DiffersWhileTrainingOnly()
    {
        using var scope = NewDisposeScope();
        manual_seed(5);
        using var lstm = nn.LSTM(3, 4, numLayers: 2, dropout: 0.5);
        var input = randn(4, 2, 3);
        Assert.IsFalse(lstm.call(input).Item1.allclose(lstm.call(input).Item1));
        lstm.eval();
        Assert.IsTrue(lstm.call(input).Item1.allclose(lstm.call(input).Item1));
    }

    [TestMethod]
    public void StateDict_OfBidirectionalLSTM_HasPythonsNames()
    {
        using var lstm = nn.LSTM(3, 4, numLayers: 2, bidirectional: true);
        string[] ends = ["_l0", "_l0_reverse", "_l1", "_l1_reverse"];
        string[] kinds = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"];
        CollectionAssert.AreEqual(ends.SelectMany(end => kinds.Select(kind => kind + end)).ToList(), lstm.state_dict().Keys.ToList());
        CollectionAssert.AreEqual(new long[] { 16, 8 }, lstm.get_parameter("weight_ih_l1")!.shape);
    }

    [TestMethod]
    public void GRUAndRNN_SameSeedAsPython_HaveItsOutputsAndGradients()
    {
        var python = PythonTorch.Run("""

            torch.manual_seed(7)
            for name, m in [("gru", torch.nn.GRU(4, 5, num_layers=2, bidirectional=True)),
                            ("tanh", torch.nn.RNN(4, 5, batch_first=True)),
                            ("relu", torch.nn.RNN(4, 5, nonlinearity="relu", bias=False))]:
                y, h = m(torch.randn(3, 6, 4))
                (y.sum() + (h * h).sum()).backward()
                out[name + "y"], out[name + "h"] = y, h
                for k, v in m.named_parameters():
                    out[name + "w." + k], out[name + "g." + k] = v, v.grad

            """);
        using var scope = NewDisposeScope();
        manual_seed(7);
        using var gru = nn.GRU(4, 5, 2, bidirectional: true);
        using var tanh = nn.RNN(4, 5, batchFirst: true);
        using var relu = nn.RNN(4, 5, nonLinearity: nn.NonLinearities.ReLU, bias: false);
        Check("gru", gru, gru.call(randn(3, 6, 4)));
        Check("tanh", tanh, tanh.call(randn(3, 6, 4)));
        Check("relu", relu, relu.call(randn(3, 6, 4)));
        Assert.AreEqual(2, relu.state_dict().Count);

        void Check(string name, nn.Module module, (Tensor Y, Tensor H) result)
        {
            (result.Y.sum() + (result.H * result.H).sum()).backward();
            PythonTorch.AssertClose(python[name + "y"], PythonTorch.Numbers(result.Y), 1e-6, name);
            PythonTorch.AssertClose(python[name + "h"], PythonTorch.Numbers(result.H), 1e-6, name);
            AssertWeightsAndGradients(python, module, name);
        }
    }

    [TestMethod]
    public void LSTM_OfPackedSequences_EqualsEachSequenceAlone()
    {
        using var scope = NewDisposeScope();
        manual_seed(8);
        using var lstm = nn.LSTM(3, 4, batchFirst: true, bidirectional: true);
        long[] lengths = [2, 5, 3];
        var input = randn(3, 5, 3);
        using var packed = nn.utils.rnn.pack_padded_sequence(input, tensor(lengths), batch_first: true, enforce_sorted: false);
        var (result, h, c) = lstm.call(packed);
        var (padded, counts) = nn.utils.rnn.pad_packed_sequence(result, batch_first: true, padding_value: -7);

        CollectionAssert.AreEqual(lengths, counts.data<long>().ToArray());
        for (var i = 0; i < lengths.Length; i++)
        {
            var (alone, lastH, lastC) = lstm.call(input.narrow(0, i, 1).narrow(1, 0, lengths[i]));
            Assert.IsTrue(padded.narrow(0, i, 1).narrow(1, 0, lengths[i]).allclose(alone), $"sequence {i}");
            Assert.IsTrue(h.narrow(1, i, 1).allclose(lastH), $"hidden state {i}");
            Assert.IsTrue(c.narrow(1, i, 1).allclose(lastC), $"cell state {i}");
        }

        Assert.AreEqual(-7, padded[0, 2, 0].item<float>());
    }

    [TestMethod]
    public void PadSequence_OfDifferentLengths_FillsUp()
    {
        using var scope = NewDisposeScope();
        var padded = nn.utils.rnn.pad_sequence([tensor(new long[] { 1, 2, 3 }), tensor(new long[] { 4 })], batch_first: true, padding_value: 9);
        CollectionAssert.AreEqual(new long[] { 1, 2, 3, 4, 9, 9 }, padded.data<long>().ToArray());
    }

    [TestMethod]
    public void Step_OfLSTMUnderScope_LeavesNoTensor()
    {
        manual_seed(9);
        using var lstm = nn.LSTM(3, 4);
        using var packed = nn.utils.rnn.pack_sequence([ones(3, 3), ones(2, 3)]);
        var before = Tensor.TotalCount;
        using (NewDisposeScope())
        {
            lstm.call(randn(5, 2, 3));
            lstm.call(packed);
        }

        Assert.AreEqual(before, Tensor.TotalCount);
    }

    private static string Truth(bool value) => value ? "True" : "False";

    private static void AssertWeightsAndGradients(Dictionary<string, double[]> python, nn.Module module, string prefix = "")
    {
        foreach (var (name, parameter) in module.named_parameters())
        {
            CollectionAssert.AreEqual(python[prefix + "w." + name], PythonTorch.Numbers(parameter), name);
            PythonTorch.AssertClose(python[prefix + "g." + name], PythonTorch.Numbers(parameter.grad!), 1e-5, prefix + name);
        }
    }
}
