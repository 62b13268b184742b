using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite.Tests.Engine;

[TestClass]
public class NNUtilsTests
{
    [TestMethod]
    [DataRow(2.0, 5.0)]
    [DataRow(1.0, 7.0)]
    [DataRow(double.PositiveInfinity, 4.0)]
    public void ClipGradNorm_OfLargeGradients_ScalesThemAndReturnsTheirNorm(double kind, double norm)
    {
        using var scope = NewDisposeScope();
        var (a, b, without) = (WithGradient(3), WithGradient(-4), nn.Parameter(ones(1)));
        Assert.AreEqual(norm, nn.utils.clip_grad_norm_([a, without, b], 1.0, kind), 1e-6);
        Assert.AreEqual(3 / norm, a.grad!.item<float>(), 1e-6);
        Assert.AreEqual(-4 / norm, b.grad!.item<float>(), 1e-6);
    }

    [TestMethod]
    public void ClipGradNorm_OfSmallGradients_LeavesThem()
    {
        using var scope = NewDisposeScope();
        var parameter = WithGradient(0.5f);
        Assert.AreEqual(0.5, nn.utils.clip_grad_norm_([parameter], 1.0), 1e-7);
        Assert.AreEqual(0.5f, parameter.grad!.item<float>());
        Assert.AreEqual(0, nn.utils.clip_grad_norm_([], 1.0));
    }

    [TestMethod]
    public void ClipGradValue_CutsEachElement()
    {
        using var scope = NewDisposeScope();
        var parameter = nn.Parameter(zeros(3));
        parameter.grad = tensor(new[] { -5f, 0.5f, 2f });
        nn.utils.clip_grad_value_([parameter], 1);
        CollectionAssert.AreEqual(new[] { -1f, 0.5f, 1f }, parameter.grad!.data<float>().ToArray());
    }

    [TestMethod]
    public void ParametersToVector_AndBack_KeepsThem()
    {
        using var scope = NewDisposeScope();
        using var linear = nn.Linear(2, 3);
        var vector = nn.utils.parameters_to_vector(linear.parameters());
        CollectionAssert.AreEqual(new long[] { 9 }, vector.shape);
        nn.utils.vector_to_parameters(arange(9, dtype: ScalarType.Float32), linear.parameters());
        CollectionAssert.AreEqual(new[] { 6f, 7, 8 }, linear.bias!.data<float>().ToArray());
        CollectionAssert.AreEqual(new[] { 0f, 1, 2, 3, 4, 5 }, linear.weight.data<float>().ToArray());
    }

    private static Parameter WithGradient(float value)
    {
        var parameter = nn.Parameter(zeros(1));
        parameter.grad = full(1, value);
        return parameter;
    }
}
