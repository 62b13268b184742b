using TorchSharp;
using static TorchSharp.torch;

namespace Fulgurite.Tests.Engine;

[TestClass]
public sealed class ReductionTests : TensorTest
{
    private static Tensor Numbers() => tensor(new[,] { { 1f, 2f, 3f }, { 6f, 5f, 4f } });

    [TestMethod]
    public void Sum_WholeAndAlongDimensions()
    {
        var a = Numbers();
        Assert.AreEqual(21f, a.sum().item<float>());

        // A literal 0 would be a ScalarType (Byte) to the compiler: sum(0) is sum(ScalarType.Byte).
        AssertValues(a.sum(0L), 7, 7, 7);
        AssertValues(a.sum(-1), 6, 15);
        AssertShape(a.sum(1, keepdim: true), 2, 1);
        Assert.AreEqual(21f, a.sum(new long[] { 0, 1 }).item<float>());
        Assert.AreEqual(ScalarType.Float64, a.sum(float64).dtype);
    }

    [TestMethod]
    public void Mean_Std_Var_Norm_AreTheTextbookValues()
    {
        var a = Numbers();
        Assert.AreEqual(3.5f, a.mean().item<float>());
        AssertValues(a.mean([0]), 3.5, 3.5, 3.5);
        Assert.AreEqual(3.5, a.var().item<float>(), 1e-6);
        Assert.AreEqual(17.5 / 6, a.var(unbiased: false).item<float>(), 1e-6);
        AssertClose(a.std(1), 1, 1);
        AssertClose(a.std([1], unbiased: false), Math.Sqrt(2.0 / 3), Math.Sqrt(2.0 / 3));
        Assert.AreEqual(Math.Sqrt(91), a.norm().item<float>(), 1e-5);
        Assert.AreEqual(720f, a.prod().item<float>());
    }

    [TestMethod]
    public void Max_Min_GiveValuesAndPlaces()
    {
        var a = Numbers();
        Assert.AreEqual(6f, a.max().item<float>());
        Assert.AreEqual(1f, a.min().item<float>());
        var (values, indexes) = a.max(1);
        AssertValues(values, 3, 6);
        AssertValues(indexes, 2, 0);
        AssertValues(a.argmax(0), 1, 1, 1);
        Assert.AreEqual(3L, a.argmax().item<long>());
        Assert.AreEqual(0L, a.argmin().item<long>());
    }

    [TestMethod]
    public void Topk_Sort_Argsort_OrderTheValues()
    {
        var a = tensor(new[] { 3f, 1f, 2f });
        var (values, indexes) = a.topk(2);
        AssertValues(values, 3, 2);
        AssertValues(indexes, 0, 2);
        var (sorted, order) = a.sort();
        AssertValues(sorted, 1, 2, 3);
        AssertValues(order, 1, 2, 0);
        AssertValues(a.argsort(descending: true), 0, 2, 1);
    }

    [TestMethod]
    public void Any_All_AnswerForMasks()
    {
        var mask = tensor(new[,] { { true, false }, { true, true } });
        Assert.IsTrue(mask.any().item<bool>());
        Assert.IsFalse(mask.all().item<bool>());
        AssertValues(mask.all(0), 1, 0);
    }

    [TestMethod]
    public void Cumsum_Logsumexp_Softmax_AreRight()
    {
        AssertValues(tensor(new[] { 1, 2, 3 }).cumsum(0), 1, 3, 6);
        var a = tensor(new[] { 0f, (float)Math.Log(3) });
        AssertClose(a.logsumexp(0), Math.Log(4));
        AssertClose(a.softmax(0), 0.25, 0.75);
        AssertClose(a.log_softmax(0), Math.Log(0.25), Math.Log(0.75));
    }

    [TestMethod]
    public void Unique_ReturnsOnlyWhatIsAskedFor()
    {
        var (values, inverse, counts) = tensor(new long[] { 5, 3, 5 }).unique(return_counts: true);
        AssertValues(values, 3, 5);
        Assert.IsNull(inverse);
        AssertValues(counts!, 1, 2);
    }
}
