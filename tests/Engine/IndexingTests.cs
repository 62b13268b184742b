using TorchSharp;
using static TorchSharp.torch;

namespace Fulgurite.Tests.Engine;

[TestClass]
public sealed class IndexingTests : TensorTest
{
    private static Tensor Grid() => arange(12).reshape(3, 4);

    [TestMethod]
    public void Get_Numbers_SelectAndReduceDimensions()
    {
        var a = Grid();
        AssertValues(a[1], 4, 5, 6, 7);
        AssertValues(a[-1], 8, 9, 10, 11);
        Assert.AreEqual(6L, a[1, 2].item<long>());
        Assert.AreEqual(1L, zeros(1, 1, 1, 1)[0, 0, 0, 0].numel());
    }

    [TestMethod]
    public void Get_Ranges_Slice()
    {
        var a = Grid();
        AssertValues(a[1..], 4, 5, 6, 7, 8, 9, 10, 11);
        AssertValues(a[.., 1..2], 1, 5, 9);
        AssertValues(a[..^1, 0], 0, 4);
        AssertValues(a[^1, ^1], 11);
        AssertValues(a[TensorIndex.Slice(0, 3, 2), 0], 0, 8);
        AssertValues(a[TensorIndex.Colon, 3], 3, 7, 11);
    }

    [TestMethod]
    public void Get_EllipsisAndNone_KeepAndAddDimensions()
    {
        var a = zeros(2, 3, 4);
        AssertShape(a[TensorIndex.Ellipsis, 0], 2, 3);
        AssertShape(a[0, TensorIndex.Ellipsis], 3, 4);
        AssertShape(a[TensorIndex.None], 1, 2, 3, 4);
        AssertShape(a[TensorIndex.Colon, TensorIndex.None, 1], 2, 1, 4);
        AssertShape(a[TensorIndex.Ellipsis, TensorIndex.None], 2, 3, 4, 1);
    }

    [TestMethod]
    public void Get_Tensors_Gather()
    {
        var a = Grid();
        AssertValues(a[tensor(new long[] { 2, 0 })], 8, 9, 10, 11, 0, 1, 2, 3);
        AssertValues(a[tensor(new long[] { 0, 1 }), tensor(new long[] { 3, 2 })], 3, 6);
        AssertValues(a[TensorIndex.Colon, TensorIndex.Tensor(tensor(new long[] { 3 }))], 3, 7, 11);
        AssertValues(a[a > 9], 10, 11);
        AssertValues(a[TensorIndex.Tensor(tensor(new[] { true, false, true })), TensorIndex.Slice(0, 1)], 0, 8);
    }

    [TestMethod]
    public void Set_NumbersRangesAndMasks_WriteIntoTheTensor()
    {
        var a = zeros(3, 4);
        a[0] = ones(4);
        a[1, 2] = tensor(5f);
        a[.., 3] = tensor(new[] { 7f, 8f, 9f });
        AssertValues(a, 1, 1, 1, 7, 0, 0, 5, 8, 0, 0, 0, 9);
        a[a > 6] = tensor(-1f);
        AssertValues(a, 1, 1, 1, -1, 0, 0, 5, -1, 0, 0, 0, -1);
        a[TensorIndex.Tensor(tensor(new long[] { 2 }))] = tensor(4f);
        AssertValues(a[2], 4, 4, 4, 4);
    }

    [TestMethod]
    public void Set_ValueWithLeadingOnes_Broadcasts()
    {
        var a = zeros(2, 3);
        a[0] = ones(1, 3);
        AssertValues(a, 1, 1, 1, 0, 0, 0);
    }

    [TestMethod]
    public void IndexPut_Accumulate_AddsRepeatedPlaces()
    {
        var a = zeros(3);
        a.index_put_(ones(3), [tensor(new long[] { 1, 1, 2 })], accumulate: true);
        AssertValues(a, 0, 2, 1);
    }

    [TestMethod]
    public void IndexSelect_Gather_Scatter_AreInverse()
    {
        var a = Grid();
        AssertValues(a.index_select(1, tensor(new long[] { 0, 0 })), 0, 0, 4, 4, 8, 8);
        var places = tensor(new long[,] { { 3 }, { 2 }, { 1 } });
        AssertValues(a.gather(1, places), 3, 6, 9);
        AssertValues(zeros(3, 4, dtype: int64).scatter(1, places, a.gather(1, places)), 0, 0, 0, 3, 0, 0, 6, 0, 0, 9, 0, 0);
        AssertValues(zeros(2).scatter_add(0, tensor(new long[] { 1, 1 }), ones(2)), 0, 2);
        AssertValues(zeros(2, 2).index_add(0, tensor(new long[] { 1, 1 }), ones(2, 2), 2), 0, 0, 4, 4);
    }

    [TestMethod]
    public void MaskedFill_Mask_Fills()
    {
        var a = ones(3);
        AssertValues(a.masked_fill(tensor(new[] { true, false, true }), 0), 0, 1, 0);
        AssertValues(a, 1, 1, 1);
        AssertValues(a.masked_fill_(tensor(new[] { true, false, false }), 9), 9, 1, 1);
        AssertValues(Grid().nonzero()[0], 0, 1);
        AssertValues(arange(4).masked_select(tensor(new[] { true, false, false, true })), 0, 3);
    }

    [TestMethod]
    public void Get_BeyondTheEnd_SaysWhichIndex()
    {
        var error = Assert.ThrowsExactly<System.Runtime.InteropServices.ExternalException>(() => zeros(2)[5]);
        Assert.Contains("5", error.Message, StringComparison.Ordinal);
    }
}
