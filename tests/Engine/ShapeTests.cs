using TorchSharp;
using static TorchSharp.torch;

namespace Fulgurite.Tests.Engine;

[TestClass]
public sealed class ShapeTests : TensorTest
{
    [TestMethod]
    public void Properties_OfATensor_DescribeIt()
    {
        var a = zeros(2, 3, dtype: int16);
        AssertShape(a, 2, 3);
        CollectionAssert.AreEqual(new long[] { 3, 1 }, a.stride());
        Assert.AreEqual(2L, a.dim());
        Assert.AreEqual(2L, a.ndim);
        Assert.AreEqual(6L, a.numel());
        Assert.AreEqual(6L, a.NumberOfElements);
        Assert.AreEqual(2L, a.ElementSize);
        Assert.AreEqual(ScalarType.Int16, a.dtype);
        Assert.AreEqual(DeviceType.CPU, a.device_type);
        Assert.AreEqual("cpu", a.device.ToString());
        Assert.AreEqual(3L, a.size(1));
        Assert.AreEqual(3L, a.size(-1));
        Assert.IsFalse(a.is_cuda);
        Assert.IsFalse(a.is_sparse);
        Assert.IsTrue(a.is_contiguous());
    }

    [TestMethod]
    public void Views_ShareMemory()
    {
        var a = zeros(2, 3);
        a.view(6)[4] = tensor(1f);
        a.t()[0, 0] = tensor(2f);
        a.narrow(1, 2, 1).fill_(3);
        AssertValues(a, 2, 0, 3, 0, 1, 3);
    }

    [TestMethod]
    public void Transpose_Permute_ChangeStridesNotMemory()
    {
        var a = arange(6).reshape(2, 3);
        AssertShape(a.t(), 3, 2);
        AssertValues(a.transpose(0, 1), 0, 3, 1, 4, 2, 5);
        Assert.IsFalse(a.t().is_contiguous());
        Assert.IsTrue(a.t().contiguous().is_contiguous());
        AssertShape(zeros(2, 3, 4).permute(2, 0, 1), 4, 2, 3);
        Assert.AreEqual(2L, a[0, 2..].storage_offset());
    }

    [TestMethod]
    public void Squeeze_Unsqueeze_Flatten_Expand_ChangeShape()
    {
        var a = zeros(1, 2, 1);
        AssertShape(a.squeeze(), 2);
        AssertShape(a.squeeze(0), 2, 1);
        AssertShape(a.unsqueeze(0), 1, 1, 2, 1);
        AssertShape(a.flatten(), 2);
        AssertShape(zeros(2, 3, 4).flatten(1), 2, 12);
        AssertShape(zeros(2, 12).unflatten(1, 3, 4), 2, 3, 4);
        AssertShape(ones(1, 3).expand(4, 3), 4, 3);
        AssertShape(ones(2, 3).repeat(2, 2), 4, 6);
        AssertShape(ones(6).as_strided([2, 2], [3, 1]), 2, 2);
    }

    [TestMethod]
    public void Cat_Stack_Split_Chunk_JoinAndPart()
    {
        var a = arange(4).reshape(2, 2);
        AssertShape(cat([a, a], 1), 2, 4);
        AssertShape(cat(new List<Tensor> { a, a }), 4, 2);
        AssertShape(stack([a, a, a]), 3, 2, 2);
        var parts = arange(5).split(2);
        Assert.HasCount(3, parts);
        AssertValues(parts[2], 4);
        var sized = arange(5).split([1, 4]);
        AssertValues(sized[1], 1, 2, 3, 4);
        Assert.HasCount(2, arange(6).chunk(2));
        Assert.HasCount(2, a.unbind());
    }

    [TestMethod]
    public void To_Type_ConvertsAndKeeps()
    {
        var a = tensor(new[] { 1.7f, -1.7f });
        AssertValues(a.to(int64), 1, -1);
        AssertValues(a.to_type(ScalarType.Int32), 1, -1);
        Assert.AreEqual(ScalarType.Float64, a.@double().dtype);
        Assert.AreEqual(ScalarType.BFloat16, a.bfloat16().dtype);
        Assert.AreEqual(ScalarType.Float16, a.half().dtype);
        AssertValues(a.to(CPU), 1.7f, -1.7f);
        AssertValues(a.cpu(), 1.7f, -1.7f);
        AssertValues(tensor(new[] { 0f, 2f }).@bool(), 0, 1);
    }

    [TestMethod]
    public void To_SameTypeOrDevice_SharesMemoryUnlessACopyIsAsked()
    {
        var a = zeros(2);
        a.to(float32).fill_(1);
        a.cpu().add_(1);
        a.to(CPU, copy: true).add_(5);
        AssertValues(a, 2, 2);
    }

    [TestMethod]
    public void To_DisposeAfter_DisposesTheSource()
    {
        var a = zeros(2);
        var b = a.to(float64, disposeAfter: true);
        Assert.IsTrue(a.IsInvalid);
        Assert.AreEqual(ScalarType.Float64, b.dtype);
    }

    [TestMethod]
    public void Clone_Detach_CopyOrShare()
    {
        var a = zeros(2);
        a.clone().add_(1);
        AssertValues(a, 0, 0);
        a.detach().add_(1);
        AssertValues(a, 1, 1);
        a.alias().add_(1);
        AssertValues(a, 2, 2);
    }

    [TestMethod]
    public void ToString_TellsShapeAndType()
    {
        var text = zeros(2, 3).ToString();
        Assert.Contains("[2x3]", text, StringComparison.Ordinal);
        Assert.Contains("Float32", text, StringComparison.Ordinal);
        Assert.Contains("cpu", text, StringComparison.Ordinal);
    }
}
