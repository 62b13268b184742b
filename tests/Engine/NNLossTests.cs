using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Fulgurite.Tests.Engine;

[TestClass]
public class NNLossTests
{
    // Inputs: x [4, 3] scores, p their softmax, c classes, t targets [4, 3] in 0..1, s signs.
    private static readonly Dictionary<string, (string Python, Func<Inputs, Tensor> Here)> Cases = new()
    {
        ["ce"] = ("F.cross_entropy(x, c)", i => CrossEntropyLoss().call(i.X, i.C)),
        ["ce_ignore"] = ("F.cross_entropy(x, c, ignore_index=2)", i => CrossEntropyLoss(ignore_index: 2).call(i.X, i.C)),
        ["ce_weight"] = ("F.cross_entropy(x, c, weight=w, reduction='sum')", i => CrossEntropyLoss(i.W, reduction: Reduction.Sum).call(i.X, i.C)),
        ["ce_smooth"] = ("F.cross_entropy(x, c, label_smoothing=0.1)", i => functional.cross_entropy(i.X, i.C, label_smoothing: 0.1)),
        ["ce_each"] = ("F.cross_entropy(x, c, reduction='none')", i => functional.cross_entropy(i.X, i.C, reduction: Reduction.None)),
        ["nll"] = ("F.nll_loss(F.log_softmax(x, 1), c, weight=w)", i => NLLLoss(i.W).call(functional.log_softmax(i.X, 1), i.C)),
        ["bce"] = ("F.binary_cross_entropy(p, t)", i => BCELoss().call(i.P, i.T)),
        ["bce_logits"] = ("F.binary_cross_entropy_with_logits(x, t)", i => BCEWithLogitsLoss().call(i.X, i.T)),
        ["bce_pos"] = ("F.binary_cross_entropy_with_logits(x, t, weight=w, pos_weight=w, reduction='sum')",
            i => BCEWithLogitsLoss(i.W, Reduction.Sum, i.W).call(i.X, i.T)),
        ["mse"] = ("F.mse_loss(x, t)", i => MSELoss().call(i.X, i.T)),
        ["mse_sum"] = ("F.mse_loss(x, t, reduction='sum')", i => functional.mse_loss(i.X, i.T, Reduction.Sum)),
        ["l1"] = ("F.l1_loss(x, t)", i => L1Loss().call(i.X, i.T)),
        ["smooth"] = ("F.smooth_l1_loss(x, t, beta=0.5)", i => SmoothL1Loss(beta: 0.5).call(i.X, i.T)),
        ["huber"] = ("F.huber_loss(x, t, delta=0.7)", i => HuberLoss(0.7).call(i.X, i.T)),
        ["kl"] = ("F.kl_div(F.log_softmax(x, 1), p, reduction='sum')",
            i => KLDivLoss(log_target: false, Reduction.Sum).call(functional.log_softmax(i.X, 1), i.P)),
        ["kl_log"] = ("F.kl_div(F.log_softmax(x, 1), F.log_softmax(t, 1), log_target=True)",
            i => KLDivLoss().call(functional.log_softmax(i.X, 1), functional.log_softmax(i.T, 1))),
        ["soft_margin"] = ("F.soft_margin_loss(x, s)", i => SoftMarginLoss().call(i.X, i.S)),
        ["hinge"] = ("F.hinge_embedding_loss(x, s, margin=0.8)", i => HingeEmbeddingLoss(0.8).call(i.X, i.S)),
        ["cosine"] = ("F.cosine_embedding_loss(x, t, s[:, 0], margin=0.1)", i => CosineEmbeddingLoss(0.1).call(i.X, i.T, i.S.select(1, 0))),
        ["ranking"] = ("F.margin_ranking_loss(x, t, s, margin=0.2)", i => MarginRankingLoss(0.2).call(i.X, i.T, i.S)),
        ["triplet"] = ("F.triplet_margin_loss(x, t, s, margin=2.0, swap=True)", i => functional.triplet_margin_loss(i.X, i.T, i.S, 2.0, swap: true)),
        ["similarity"] = ("F.cosine_similarity(x, t)", i => functional.cosine_similarity(i.X, i.T)),
        ["normalize"] = ("F.normalize(x)", i => functional.normalize(i.X)),
        ["one_hot"] = ("F.one_hot(c, 4)", i => functional.one_hot(i.C, 4)),
    };

    private static Dictionary<string, double[]>? _python;

    public static IEnumerable<object[]> Names => Cases.Keys.Select(name => new object[] { name });

    [TestMethod]
    [DynamicData(nameof(Names))]
    public void Loss_SameInputsAsPython_HasItsValueAndGradient(string name)
    {
        var python = _python ??= PythonTorch.Run(Script());
        using var scope = NewDisposeScope();
        var inputs = new Inputs();
        var loss = Cases[name].Here(inputs);
        PythonTorch.AssertClose(python[name], PythonTorch.Numbers(loss), 1e-6, name);
        if (loss.requires_grad)
        {
            loss.sum().backward();
            PythonTorch.AssertClose(python[name + ".grad"], PythonTorch.Numbers(inputs.X.grad!), 1e-6, name + " gradient");
        }
    }

    [TestMethod]
    public void CrossEntropy_OfEqualScores_IsLogarithmOfClasses()
    {
        using var scope = NewDisposeScope();
        var loss = CrossEntropyLoss().call(zeros(2, 5), tensor(new long[] { 0, 3 }));
        Assert.AreEqual(Math.Log(5), loss.item<float>(), 1e-6);
    }

    private static string Script() => """

        import torch.nn.functional as F
        torch.manual_seed(21)
        x0 = torch.randn(4, 3); t = torch.rand(4, 3); s = torch.randn(4, 3).sign(); w = torch.tensor([0.5, 1.0, 2.0])
        c = torch.tensor([2, 0, 1, 2])
        """ + "\n" + string.Concat(Cases.Select(entry => $"""
        x = x0.clone().requires_grad_(); p = F.softmax(x, 1)
        y = {entry.Value.Python}
        out["{entry.Key}"] = y
        if y.requires_grad:
            y.sum().backward()
            out["{entry.Key}.grad"] = x.grad

        """));

    private sealed class Inputs
    {
        internal Inputs()
        {
            manual_seed(21);
            X = randn(4, 3).requires_grad_();
            T = rand(4, 3);
            S = randn(4, 3).sign();
            P = functional.softmax(X, 1);
        }

        internal Tensor X { get; }

        internal Tensor T { get; }

        internal Tensor S { get; }

        internal Tensor P { get; }

        internal Tensor W { get; } = tensor(new[] { 0.5f, 1, 2 });

        internal Tensor C { get; } = tensor(new long[] { 2, 0, 1, 2 });
    }
}
