using TorchSharp;
using static TorchSharp.torch;

namespace Fulgurite.Tests.Engine;

[TestClass]
public sealed class ComparisonTests : TensorTest
{
    [TestMethod]
    public void Comparisons_GiveMasks()
    {
        var a = tensor(new[] { 1f, 2f, 3f });
        var b = tensor(new[] { 3f, 2f, 1f });
        Assert.AreEqual(ScalarType.Bool, (a < b).dtype);
        AssertValues(a < b, 1, 0, 0);
        AssertValues(a <= b, 1, 1, 0);
        AssertValues(a > b, 0, 0, 1);
        AssertValues(a >= b, 0, 1, 1);
        AssertValues(a == b, 0, 1, 0);
        AssertValues(a != b, 1, 0, 1);
        AssertValues(a > 1.5, 0, 1, 1);
        AssertValues(a.eq(2), 0, 1, 0);
    }

    [TestMethod]
    public void Equal_IsElementByElement()
    {
        var a = tensor(new[] { 1, 2 });
        AssertValues(a.equal(tensor(new[] { 1, 3 })), 1, 0);
    }

    [TestMethod]
    public void Equals_SameValues_IsTrue()
    {
        Assert.IsTrue(ones(3).Equals(ones(3)));
        Assert.IsFalse(ones(3).Equals(zeros(3)));
        Assert.IsFalse(ones(3).Equals(ones(4)));
    }

    [TestMethod]
    public void Allclose_WithinAndBeyondTheTolerance()
    {
        var a = ones(3);
        Assert.IsTrue(a.allclose(a + 1e-7));
        Assert.IsFalse(a.allclose(a + 1e-2));
        Assert.IsTrue(a.allclose(a + 1e-2, atol: 0.1));
    }

    [TestMethod]
    public void Isnan_Isinf_Isfinite_FindTheirKind()
    {
        var a = tensor(new[] { 0f, float.NaN, float.PositiveInfinity, float.NegativeInfinity });
        AssertValues(a.isnan(), 0, 1, 0, 0);
        AssertValues(a.isinf(), 0, 0, 1, 1);
        AssertValues(a.isfinite(), 1, 0, 0, 0);
        AssertValues(a.nan_to_num(5, 6, 7), 0, 5, 6, 7);
    }

    [TestMethod]
    public void Where_Mask_Chooses()
    {
        AssertValues(torch.where(tensor(new[] { true, false }), ones(2), zeros(2)), 1, 0);
        AssertValues(ones(2).where(tensor(new[] { true, false }), zeros(2)), 1, 0);
    }
}
