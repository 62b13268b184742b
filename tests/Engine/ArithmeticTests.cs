using TorchSharp;
using static TorchSharp.torch;

namespace Fulgurite.Tests.Engine;

[TestClass]
public sealed class ArithmeticTests : TensorTest
{
    [TestMethod]
    public void Operators_TwoTensors_WorkElementByElement()
    {
        var a = tensor(new[] { 6f, 8f });
        var b = tensor(new[] { 2f, 4f });
        AssertValues(a + b, 8, 12);
        AssertValues(a - b, 4, 4);
        AssertValues(a * b, 12, 32);
        AssertValues(a / b, 3, 2);
        AssertValues(tensor(new[] { 7, -7 }) % tensor(new[] { 4, 4 }), 3, 1);
        AssertValues(-a, -6, -8);
    }

    [TestMethod]
    public void Operators_NumberOnEitherSide_WorkElementByElement()
    {
        var a = tensor(new[] { 2f, 4f });
        AssertValues(a + 1, 3, 5);
        AssertValues(1 + a, 3, 5);
        AssertValues(a - 1.5, 0.5, 2.5);
        AssertValues(1.5 - a, -0.5, -2.5);
        AssertValues(a * 3f, 6, 12);
        AssertValues(3L * a, 6, 12);
        AssertValues(a / 2, 1, 2);
        AssertValues(8.0 / a, 4, 2);
    }

    [TestMethod]
    public void Operators_IntegerAndFloat_Promote()
    {
        Assert.AreEqual(ScalarType.Float32, (tensor(new[] { 1, 2 }) + tensor(new[] { 1f, 2f })).dtype);
        Assert.AreEqual(ScalarType.Int64, (arange(3) + 1).dtype);
        Assert.AreEqual(ScalarType.Float32, (arange(3) + 1.5).dtype);
        Assert.AreEqual(ScalarType.Float32, (ones(2) * 2.0).dtype);
    }

    [TestMethod]
    public void Operators_ShapesThatBroadcast_GiveTheCommonShape()
    {
        var sum = arange(3).reshape(3, 1) + arange(2).reshape(1, 2);
        AssertShape(sum, 3, 2);
        AssertValues(sum, 0, 1, 1, 2, 2, 3);
    }

    [TestMethod]
    public void InPlace_ReturnsTheSameObject()
    {
        var a = ones(3);
        Assert.AreSame(a, a.add_(1));
        Assert.AreSame(a, a.mul_(tensor(2f)));
        Assert.AreSame(a, a.sub_(1).div_(3));
        AssertValues(a, 1, 1, 1);
    }

    [TestMethod]
    public void Add_WithAlpha_ScalesTheSecond()
    {
        AssertValues(ones(2).add(ones(2), 3), 4, 4);
        AssertValues(ones(2).add_(ones(2), -1), 0, 0);
    }

    [TestMethod]
    public void Addcmul_AndAddcdiv_ScaleTheProductAndQuotient()
    {
        var a = tensor(new[] { 1f, 2f });
        AssertValues(ones(2).addcmul(a, a, 2), 3, 9);
        AssertValues(ones(2).addcdiv_(a, tensor(new[] { 2f, 4f }), -1), 0.5, 0.5);
    }

    [TestMethod]
    public void Div_RoundingModes_RoundAsNamed()
    {
        var a = tensor(new[] { 7f, -7f });
        AssertValues(a.div(2), 3.5, -3.5);
        AssertValues(a.div(2, RoundingMode.trunc), 3, -3);
        AssertValues(a.div(2, RoundingMode.floor), 3, -4);
        AssertValues(a.floor_divide(2), 3, -4);
    }

    [TestMethod]
    public void Pow_TensorAndNumber_Raise()
    {
        var a = tensor(new[] { 2f, 3f });
        AssertValues(a.pow(2), 4, 9);
        AssertValues(a.pow(tensor(new[] { 3f, 2f })), 8, 9);
        AssertValues(a.square(), 4, 9);
    }

    [TestMethod]
    [DataRow("exp", 0.5, 1.6487212707)]
    [DataRow("log", 0.5, -0.6931471806)]
    [DataRow("sqrt", 0.5, 0.7071067812)]
    [DataRow("rsqrt", 0.5, 1.4142135624)]
    [DataRow("abs", -0.5, 0.5)]
    [DataRow("neg", 0.5, -0.5)]
    [DataRow("sign", -0.5, -1.0)]
    [DataRow("floor", -0.5, -1.0)]
    [DataRow("ceil", -0.5, 0.0)]
    [DataRow("round", 1.5, 2.0)]
    [DataRow("sin", 0.5, 0.4794255386)]
    [DataRow("tanh", 0.5, 0.4621171573)]
    [DataRow("sigmoid", 0.5, 0.6224593312)]
    [DataRow("erf", 0.5, 0.5204998778)]
    [DataRow("reciprocal", 0.5, 2.0)]
    [DataRow("log1p", 0.5, 0.4054651081)]
    public void Functions_OfOneNumber_GiveItsValue(string function, double x, double expected)
    {
        var a = tensor(x);
        var result = function switch
        {
            "exp" => a.exp(),
            "log" => a.log(),
            "sqrt" => a.sqrt(),
            "rsqrt" => a.rsqrt(),
            "abs" => a.abs(),
            "neg" => a.neg(),
            "sign" => a.sign(),
            "floor" => a.floor(),
            "ceil" => a.ceil(),
            "round" => a.round(),
            "sin" => a.sin(),
            "tanh" => a.tanh(),
            "sigmoid" => a.sigmoid(),
            "erf" => a.erf(),
            "reciprocal" => a.reciprocal(),
            "log1p" => a.log1p(),
            _ => throw new ArgumentOutOfRangeException(nameof(function)),
        };
        Assert.AreEqual(expected, result.item<double>(), 1e-9);
    }

    [TestMethod]
    public void Clamp_Bounds_AreKept()
    {
        var a = tensor(new[] { -2f, 0f, 2f });
        AssertValues(a.clamp(-1, 1), -1, 0, 1);
        AssertValues(a.clamp(min: 1), 1, 1, 2);
        AssertValues(a.clamp_max(0), -2, 0, 0);
        AssertValues(a.relu(), 0, 0, 2);
    }

    [TestMethod]
    public void Matmul_Shapes_FollowLinearAlgebra()
    {
        var a = arange(6, float32).reshape(2, 3);
        var b = arange(6, float32).reshape(3, 2);
        AssertValues(a.matmul(b), 10, 13, 28, 40);
        AssertValues(a.mm(b), 10, 13, 28, 40);
        AssertValues(torch.matmul(a, b), 10, 13, 28, 40);
        AssertValues(a.mv(ones(3)), 3, 12);
        AssertValues(einsum("ij,jk->ik", a, b), 10, 13, 28, 40);
        AssertValues(ones(2, 2).addmm(a, b, 2, 1), 12, 15, 30, 42);
        AssertShape(ones(5, 2, 3).bmm(ones(5, 3, 4)), 5, 2, 4);
    }

    [TestMethod]
    public void Logic_OfMasks_IsElementByElement()
    {
        var a = tensor(new[] { true, true, false });
        var b = tensor(new[] { true, false, false });
        AssertValues(a & b, 1, 0, 0);
        AssertValues(a | b, 1, 1, 0);
        AssertValues(a ^ b, 0, 1, 0);
        AssertValues(~a, 0, 0, 1);
        AssertValues(a.logical_not(), 0, 0, 1);
    }
}
