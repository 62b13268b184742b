using TorchSharp;
using static TorchSharp.torch;

namespace Fulgurite.Tests.Engine;

[TestClass]
public class NNInitTests
{
    private static readonly Dictionary<string, (string Python, Func<Tensor, Tensor> Here)> Cases = new()
    {
        ["xavier_uniform"] = ("init.xavier_uniform_(t, 2.0)", t => nn.init.xavier_uniform_(t, 2.0)),
        ["xavier_normal"] = ("init.xavier_normal_(t)", t => nn.init.xavier_normal_(t)),
        ["kaiming_uniform"] = ("init.kaiming_uniform_(t, nonlinearity='relu')",
            t => nn.init.kaiming_uniform_(t, nonlinearity: nn.init.NonlinearityType.ReLU)),
        ["kaiming_normal"] = ("init.kaiming_normal_(t, a=0.3, mode='fan_out')", t => nn.init.kaiming_normal_(t, 0.3, nn.init.FanInOut.FanOut)),
        ["uniform"] = ("init.uniform_(t, -2.0, 3.0)", t => nn.init.uniform_(t, -2, 3)),
        ["normal"] = ("init.normal_(t, 1.0, 0.1)", t => nn.init.normal_(t, 1, 0.1)),
        ["constant"] = ("init.constant_(t, 0.3)", t => nn.init.constant_(t, 0.3)),
        ["ones"] = ("init.ones_(t)", nn.init.ones_),
        ["zeros"] = ("init.zeros_(t)", nn.init.zeros_),
        ["eye"] = ("init.eye_(t)", nn.init.eye_),
        ["orthogonal"] = ("init.orthogonal_(t, 1.5)", t => nn.init.orthogonal_(t, 1.5)),
        ["trunc_normal"] = ("init.trunc_normal_(t, 0.5, 1.0, -1.0, 1.0)", t => nn.init.trunc_normal_(t, 0.5, 1, -1, 1)),
    };

    private static Dictionary<string, double[]>? _python;

    public static IEnumerable<object[]> Names => Cases.Keys.Select(name => new object[] { name });

    [TestMethod]
    [DynamicData(nameof(Names))]
    public void Init_SameSeedAsPython_GivesItsValues(string name)
    {
        var python = _python ??= PythonTorch.Run(string.Concat(Cases.Select(entry => $"""

            import torch.nn.init as init
            torch.manual_seed(2)
            t = torch.empty(6, 11)
            {entry.Value.Python}
            out["{entry.Key}"] = t

            """)));
        using var scope = NewDisposeScope();
        manual_seed(2);
        var tensor = nn.Parameter(empty(6, 11));
        Assert.AreSame(tensor, Cases[name].Here(tensor));
        PythonTorch.AssertClose(python[name], PythonTorch.Numbers(tensor), 1e-6, name);
        Assert.IsTrue(tensor.is_leaf);
    }

    [TestMethod]
    public void Sparse_OfHalf_HasZerosInEveryColumn()
    {
        using var scope = NewDisposeScope();
        var tensor = nn.init.sparse_(empty(10, 4), 0.45);
        CollectionAssert.AreEqual(new long[] { 5, 5, 5, 5 }, tensor.eq(0).sum(dim: 0).data<long>().ToArray());
    }

    [TestMethod]
    public void FanInAndFanOut_OfConvolution_CountTheWindow()
    {
        using var weight = empty(8, 3, 5, 2);
        Assert.AreEqual((30L, 80L), nn.init.CalculateFanInAndFanOut(weight));
        using var vector = empty(8);
        Assert.ThrowsExactly<ArgumentException>(() => nn.init.CalculateFanInAndFanOut(vector));
    }
}
