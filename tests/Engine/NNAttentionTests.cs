using TorchSharp;
using static TorchSharp.torch;

namespace Fulgurite.Tests.Engine;

[TestClass]
public class NNAttentionTests
{
    [TestMethod]
    public void MultiheadAttention_SameSeedAsPython_HasItsOutputs()
    {
        var python = PythonTorch.Run("""

            for name, kind, more in [("plain", {}, {}), ("wide", dict(kdim=3, vdim=5), {}), ("added", dict(add_bias_kv=True, add_zero_attn=True), {})]:
                torch.manual_seed(5)
                m = torch.nn.MultiheadAttention(8, 2, **kind)
                q, k, v = torch.randn(4, 3, 8), torch.randn(6, 3, kind.get("kdim", 8)), torch.randn(6, 3, kind.get("vdim", 8))
                pad = torch.zeros(3, 6).bool(); pad[1, 4:] = True
                mask = torch.randn(4, 6)
                y, w = m(q, k, v, key_padding_mask=pad, attn_mask=mask)
                out[name + ".y"], out[name + ".w"] = y, w
                for k, v in m.state_dict().items(): out[name + ".first." + k] = v

            """);
        Check("plain", () => nn.MultiheadAttention(8, 2), 8, 8);
        Check("wide", () => nn.MultiheadAttention(8, 2, kdim: 3, vdim: 5), 3, 5);
        Check("added", () => nn.MultiheadAttention(8, 2, add_bias_kv: true, add_zero_attn: true), 8, 8);

        void Check(string name, Func<TorchSharp.Modules.MultiheadAttention> make, long keyWidth, long valueWidth)
        {
            using var scope = NewDisposeScope();
            manual_seed(5);
            using var module = make();
            var (q, k, v) = (randn(4, 3, 8), randn(6, 3, keyWidth), randn(6, 3, valueWidth));
            var padding = zeros(3, 6, dtype: ScalarType.Bool);
            padding[1, 4] = tensor(true);
            padding[1, 5] = tensor(true);
            var (y, w) = module.call(q, k, v, padding, attn_mask: randn(4, 6));
            foreach (var (key, value) in module.state_dict())
            {
                CollectionAssert.AreEqual(python[$"{name}.first.{key}"], PythonTorch.Numbers(value), $"{name}: {key}");
            }

            PythonTorch.AssertClose(python[name + ".y"], PythonTorch.Numbers(y), 1e-6, name);
            PythonTorch.AssertClose(python[name + ".w"], PythonTorch.Numbers(w), 1e-6, name);
        }
    }

    [TestMethod]
    public void TransformerEncoder_WithPythonsFirstLayer_HasItsOutputAndGradient()
    {
        var python = PythonTorch.Run("""

            torch.manual_seed(6)
            layer = torch.nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, activation="gelu")
            x = torch.randn(5, 3, 8)
            m = torch.nn.TransformerEncoder(layer, 2)
            mask = torch.triu(torch.ones(5, 5), 1).bool()
            y = m(x, mask)
            (y * y * y).sum().backward()
            out["y"], out["g"] = y, m.layers[0].self_attn.in_proj_weight.grad

            """);
        using var scope = NewDisposeScope();
        manual_seed(6);
        using var layer = nn.TransformerEncoderLayer(8, 2, 16, 0, nn.Activations.GELU);
        var input = randn(5, 3, 8);
        using var encoder = nn.TransformerEncoder(layer, 2);
        Assert.HasCount(24, encoder.state_dict());
        var output = encoder.call(input, ones(5, 5).triu(1).to(ScalarType.Bool));
        output.pow(3).sum().backward();
        PythonTorch.AssertClose(python["y"], PythonTorch.Numbers(output), 1e-5, "output");
        PythonTorch.AssertClose(python["g"], PythonTorch.Numbers(encoder.get_parameter("layers.0.self_attn.in_proj_weight")!.grad!), 1e-4, "gradient");
    }

    [TestMethod]
    public void ScaledDotProductAttention_OfMasks_SeesWhatTheyAllow()
    {
        using var scope = NewDisposeScope();
        manual_seed(7);
        var (q, k, v) = (randn(2, 3, 4), randn(2, 3, 4), randn(2, 3, 5));
        var causal = nn.functional.scaled_dot_product_attention(q, k, v, is_casual: true);
        var lower = ones(3, 3).tril().to(ScalarType.Bool);
        Assert.IsTrue(causal.select(1, 0).allclose(v.select(1, 0)));
        Assert.IsTrue(causal.allclose(nn.functional.scaled_dot_product_attention(q, k, v, lower)));
        Assert.IsTrue(nn.functional.scaled_dot_product_attention(zeros(2, 3, 4), k, v).allclose(v.mean([1], keepdim: true).expand(2, 3, 5)));
    }

    [TestMethod]
    public void Step_OfEncoderLayerUnderScope_LeavesNoTensor()
    {
        using var layer = nn.TransformerEncoderLayer(8, 2, 16);
        var before = Tensor.TotalCount;
        using (NewDisposeScope())
        {
            layer.call(randn(4, 2, 8));
        }

        Assert.AreEqual(before, Tensor.TotalCount);
    }
}
