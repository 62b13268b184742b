using TorchSharp;
using static TorchSharp.torch;

namespace Fulgurite.Tests.Engine;

/// <summary>The same seed gives the same modules as in Python: first values, outputs and gradients.</summary>
[TestClass]
public class NNPythonTests
{
    private static readonly Dictionary<string, (string Module, string Input, Func<nn.Module<Tensor, Tensor>> Make, Func<Tensor> Data)> Cases = new()
    {
        ["linear"] = ("torch.nn.Linear(5, 3)", "torch.randn(4, 5)", () => nn.Linear(5, 3), () => randn(4, 5)),
        ["linear_plain"] = ("torch.nn.Linear(5, 3, bias=False)", "torch.randn(4, 5)", () => nn.Linear(5, 3, hasBias: false), () => randn(4, 5)),
        ["embedding"] = ("torch.nn.Embedding(9, 4, padding_idx=2)", "torch.tensor([[1, 2], [8, 0]])",
            () => nn.Embedding(9, 4, padding_idx: 2), () => tensor(new long[] { 1, 2, 8, 0 }).reshape(2, 2)),
        ["conv1d"] = ("torch.nn.Conv1d(3, 4, 3, stride=2, padding=1)", "torch.randn(2, 3, 9)", () => nn.Conv1d(3, 4, 3, stride: 2, padding: 1), () => randn(2, 3, 9)),
        ["conv1d_same"] = ("torch.nn.Conv1d(3, 4, 4, padding='same')", "torch.randn(2, 3, 9)",
            () => nn.Conv1d(3, 4, 4, padding: Padding.Same), () => randn(2, 3, 9)),
        ["conv2d"] = ("torch.nn.Conv2d(4, 6, 3, padding=1, groups=2)", "torch.randn(2, 4, 5, 5)",
            () => nn.Conv2d(4, 6, 3, padding: 1, groups: 2), () => randn(2, 4, 5, 5)),
        ["conv2d_pairs"] = ("torch.nn.Conv2d(4, 6, (3, 2), stride=(2, 1), dilation=(1, 2))", "torch.randn(2, 4, 7, 6)",
            () => nn.Conv2d(4, 6, (3, 2), stride: (2, 1), dilation: (1, 2)), () => randn(2, 4, 7, 6)),
        ["conv2d_reflect"] = ("torch.nn.Conv2d(2, 3, 3, padding=1, padding_mode='reflect')", "torch.randn(2, 2, 5, 5)",
            () => nn.Conv2d(2, 3, 3, padding: 1, padding_mode: PaddingModes.Reflect), () => randn(2, 2, 5, 5)),
        ["conv2d_circular"] = ("torch.nn.Conv2d(2, 3, 4, padding='same', padding_mode='circular')", "torch.randn(2, 2, 5, 6)",
            () => nn.Conv2d(2, 3, 4, padding: Padding.Same, padding_mode: PaddingModes.Circular), () => randn(2, 2, 5, 6)),
        ["transposed"] = ("torch.nn.ConvTranspose2d(4, 6, 3, stride=2, padding=1, output_padding=1)", "torch.randn(2, 4, 4, 4)",
            () => nn.ConvTranspose2d(4, 6, 3, stride: 2, padding: 1, output_padding: 1), () => randn(2, 4, 4, 4)),
        ["batchnorm1d"] = ("torch.nn.BatchNorm1d(4)", "torch.randn(6, 4) * 2 + 1", () => nn.BatchNorm1d(4), () => (randn(6, 4) * 2) + 1),
        ["batchnorm2d"] = ("torch.nn.BatchNorm2d(3, momentum=0.3)", "torch.randn(2, 3, 4, 4)", () => nn.BatchNorm2d(3, momentum: 0.3), () => randn(2, 3, 4, 4)),
        ["layernorm"] = ("torch.nn.LayerNorm([3, 4])", "torch.randn(2, 3, 4)", () => nn.LayerNorm(new long[] { 3, 4 }), () => randn(2, 3, 4)),
        ["groupnorm"] = ("torch.nn.GroupNorm(2, 6)", "torch.randn(2, 6, 5)", () => nn.GroupNorm(2, 6), () => randn(2, 6, 5)),
        ["prelu"] = ("torch.nn.PReLU(3)", "torch.randn(2, 3, 4)", () => nn.PReLU(3), () => randn(2, 3, 4)),
        ["dropout"] = ("torch.nn.Dropout(0.4)", "torch.randn(50)", () => nn.Dropout(0.4), () => randn(50)),
        ["dropout2d"] = ("torch.nn.Dropout2d(0.5)", "torch.randn(4, 8, 2, 2)", () => nn.Dropout2d(0.5), () => randn(4, 8, 2, 2)),
        ["sequential"] = ("torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Dropout(0.2), torch.nn.Linear(8, 2))", "torch.randn(5, 4)",
            () => nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Dropout(0.2), nn.Linear(8, 2)), () => randn(5, 4)),
        ["maxpool1d"] = ("torch.nn.MaxPool1d(3, stride=2, padding=1)", "torch.randn(2, 3, 9)", () => nn.MaxPool1d(3, stride: 2, padding: 1), () => randn(2, 3, 9)),
        ["maxpool2d"] = ("torch.nn.MaxPool2d(2)", "torch.randn(2, 3, 6, 6)", () => nn.MaxPool2d(2), () => randn(2, 3, 6, 6)),
        ["avgpool1d"] = ("torch.nn.AvgPool1d(3, padding=1, count_include_pad=False)", "torch.randn(2, 3, 9)",
            () => nn.AvgPool1d(3, padding: 1, count_include_pad: false), () => randn(2, 3, 9)),
        ["avgpool2d"] = ("torch.nn.AvgPool2d((2, 3), stride=(2, 1))", "torch.randn(2, 3, 6, 6)", () => nn.AvgPool2d((2, 3), stride: (2, 1)), () => randn(2, 3, 6, 6)),
        ["adaptiveavg"] = ("torch.nn.AdaptiveAvgPool2d((2, 3))", "torch.randn(2, 3, 7, 8)", () => nn.AdaptiveAvgPool2d((2, 3)), () => randn(2, 3, 7, 8)),
        ["adaptivemax"] = ("torch.nn.AdaptiveMaxPool2d((2, 3))", "torch.randn(2, 3, 7, 8)", () => nn.AdaptiveMaxPool2d(new long[] { 2, 3 }), () => randn(2, 3, 7, 8)),
        ["flatten"] = ("torch.nn.Flatten()", "torch.randn(2, 3, 4)", () => nn.Flatten(), () => randn(2, 3, 4)),
        ["relu"] = ("torch.nn.ReLU()", "torch.randn(30) * 3", () => nn.ReLU(), () => randn(30) * 3),
        ["relu6"] = ("torch.nn.ReLU6()", "torch.randn(30) * 5", () => nn.ReLU6(), () => randn(30) * 5),
        ["leaky"] = ("torch.nn.LeakyReLU(0.2)", "torch.randn(30) * 3", () => nn.LeakyReLU(0.2), () => randn(30) * 3),
        ["elu"] = ("torch.nn.ELU(1.5)", "torch.randn(30) * 3", () => nn.ELU(1.5), () => randn(30) * 3),
        ["celu"] = ("torch.nn.CELU(1.5)", "torch.randn(30) * 3", () => nn.CELU(1.5), () => randn(30) * 3),
        ["selu"] = ("torch.nn.SELU()", "torch.randn(30) * 3", () => nn.SELU(), () => randn(30) * 3),
        ["gelu"] = ("torch.nn.GELU()", "torch.randn(30) * 3", () => nn.GELU(), () => randn(30) * 3),
        ["silu"] = ("torch.nn.SiLU()", "torch.randn(30) * 3", () => nn.SiLU(), () => randn(30) * 3),
        ["mish"] = ("torch.nn.Mish()", "torch.randn(30) * 3", () => nn.Mish(), () => randn(30) * 3),
        ["sigmoid"] = ("torch.nn.Sigmoid()", "torch.randn(30) * 3", () => nn.Sigmoid(), () => randn(30) * 3),
        ["logsigmoid"] = ("torch.nn.LogSigmoid()", "torch.randn(30) * 3", () => nn.LogSigmoid(), () => randn(30) * 3),
        ["tanh"] = ("torch.nn.Tanh()", "torch.randn(30) * 3", () => nn.Tanh(false), () => randn(30) * 3),
        ["hardtanh"] = ("torch.nn.Hardtanh(-0.5, 2.0)", "torch.randn(30) * 3", () => nn.Hardtanh(-0.5, 2.0), () => randn(30) * 3),
        ["hardsigmoid"] = ("torch.nn.Hardsigmoid()", "torch.randn(30) * 3", () => nn.Hardsigmoid(), () => randn(30) * 3),
        ["hardswish"] = ("torch.nn.Hardswish()", "torch.randn(30) * 3", () => nn.Hardswish(), () => randn(30) * 3),
        ["softplus"] = ("torch.nn.Softplus(2.0, 3.0)", "torch.randn(30) * 3", () => nn.Softplus(2.0, 3.0), () => randn(30) * 3),
        ["softsign"] = ("torch.nn.Softsign()", "torch.randn(30) * 3", () => nn.Softsign(), () => randn(30) * 3),
        ["tanhshrink"] = ("torch.nn.Tanhshrink()", "torch.randn(30) * 3", () => nn.Tanhshrink(false), () => randn(30) * 3),
        ["softmax"] = ("torch.nn.Softmax(1)", "torch.randn(3, 5)", () => nn.Softmax(1), () => randn(3, 5)),
        ["logsoftmax"] = ("torch.nn.LogSoftmax(-1)", "torch.randn(3, 5)", () => nn.LogSoftmax(-1), () => randn(3, 5)),
        ["softmin"] = ("torch.nn.Softmin(0)", "torch.randn(3, 5)", () => nn.Softmin(0), () => randn(3, 5)),
        ["glu"] = ("torch.nn.GLU()", "torch.randn(3, 6)", () => nn.GLU(), () => randn(3, 6)),
    };

    private static Dictionary<string, double[]>? _python;

    public static IEnumerable<object[]> Names => Cases.Keys.Select(name => new object[] { name });

    [TestMethod]
    [DynamicData(nameof(Names))]
    public void Module_SameSeedAsPython_HasItsFirstValuesOutputsAndGradients(string name)
    {
        var python = _python ??= PythonTorch.Run(Script());
        var (_, _, make, data) = Cases[name];
        using var scope = NewDisposeScope();
        manual_seed(11);
        using var module = make();
        foreach (var (key, value) in module.state_dict())
        {
            CollectionAssert.AreEqual(python[$"{name}.first.{key}"], PythonTorch.Numbers(value), $"{name}: first values of {key}");
        }

        var input = data();
        var output = module.call(input);
        PythonTorch.AssertClose(python[$"{name}.output"], PythonTorch.Numbers(output), 1e-6, $"{name}: output");
        CollectionAssert.AreEquivalent(
            python.Keys.Where(key => key.StartsWith($"{name}.first.", StringComparison.Ordinal)).Select(key => key[$"{name}.first.".Length..]).ToList(),
            module.state_dict().Keys);
        if (output.requires_grad)
        {
            (output * output).sum().backward();
        }

        foreach (var (key, parameter) in module.named_parameters())
        {
            PythonTorch.AssertClose(python[$"{name}.grad.{key}"], PythonTorch.Numbers(parameter.grad!), 1e-5, $"{name}: gradient of {key}");
        }

        foreach (var (key, buffer) in module.named_buffers())
        {
            PythonTorch.AssertClose(python[$"{name}.after.{key}"], PythonTorch.Numbers(buffer), 1e-6, $"{name}: {key} after a batch");
        }
    }

    private static string Script() => string.Concat(Cases.Select(entry => $"""

        torch.manual_seed(11)
        m = {entry.Value.Module}
        for k, v in m.state_dict().items(): out["{entry.Key}.first." + k] = v.clone()
        x = {entry.Value.Input}
        y = m(x)
        out["{entry.Key}.output"] = y.detach().clone()
        if y.requires_grad: (y * y).sum().backward()
        for k, v in m.named_parameters(): out["{entry.Key}.grad." + k] = v.grad
        for k, v in m.named_buffers(): out["{entry.Key}.after." + k] = v

        """));
}
