using TorchSharp;
using static TorchSharp.torch;

namespace Fulgurite.Tests.Engine;

[TestClass]
public sealed class FactoryTests : TensorTest
{
    [TestMethod]
    public void Constants_HaveShapeTypeAndValue()
    {
        AssertValues(zeros(2), 0, 0);
        AssertValues(ones(2, dtype: int64), 1, 1);
        AssertValues(full(2, 7), 7, 7);
        AssertShape(empty(2, 3, 4), 2, 3, 4);
        AssertShape(zeros([2L, 3L]), 2, 3);
        AssertValues(eye(2), 1, 0, 0, 1);
        Assert.AreEqual(ScalarType.Float32, zeros(1).dtype);
        Assert.AreEqual(ScalarType.Int64, full(1, 7).dtype);
        Assert.IsTrue(ones(1, requires_grad: true).requires_grad);
    }

    [TestMethod]
    public void Like_TakesShapeAndTypeOfTheOther()
    {
        var a = zeros(2, 3, dtype: float64);
        AssertShape(ones_like(a), 2, 3);
        Assert.AreEqual(ScalarType.Float64, zeros_like(a).dtype);
        Assert.AreEqual(ScalarType.Int32, empty_like(a, int32).dtype);
        AssertValues(full_like(tensor(new[] { 1f }), 3), 3);
        Assert.AreEqual(ScalarType.Float64, a.new_zeros(4).dtype);
    }

    [TestMethod]
    public void Ranges_CountAndStep()
    {
        AssertValues(arange(3), 0, 1, 2);
        Assert.AreEqual(ScalarType.Int64, arange(3).dtype);
        AssertValues(arange(1, 2, 0.5), 1, 1.5);
        AssertClose(linspace(0, 1, 3), 0, 0.5, 1);
    }

    [TestMethod]
    public void Tensor_FromArrays_KeepsShapeAndType()
    {
        AssertShape(tensor(new[,] { { 1, 2, 3 }, { 4, 5, 6 } }), 2, 3);
        AssertValues(tensor(new[,] { { 1, 2, 3 }, { 4, 5, 6 } }), 1, 2, 3, 4, 5, 6);
        AssertShape(tensor(new float[2, 3, 4]), 2, 3, 4);
        AssertShape(tensor(new float[] { 1, 2, 3, 4 }, [2, 2]), 2, 2);
        AssertShape(tensor(new List<long> { 1, 2, 3 }), 3);
        Assert.AreEqual(ScalarType.Int64, tensor(new long[] { 1 }).dtype);
        Assert.AreEqual(ScalarType.Byte, tensor(new byte[] { 1 }).dtype);
        Assert.AreEqual(ScalarType.Bool, tensor(new[] { true }).dtype);
        Assert.AreEqual(ScalarType.Float64, tensor(new[] { 1.0 }).dtype);
        Assert.AreEqual(ScalarType.Float32, tensor(new[] { 1.0 }, dtype: float32).dtype);
        Assert.AreEqual(0L, tensor(Array.Empty<float>()).numel());
    }

    [TestMethod]
    public void Tensor_FromNumber_HasNoDimensions()
    {
        Assert.AreEqual(0L, tensor(3.5f).dim());
        Assert.AreEqual(3.5f, tensor(3.5f).item<float>());
        Assert.AreEqual(4L, tensor(4L).item<long>());
        Assert.AreEqual(4, tensor(4).item<int>());
        Assert.IsTrue(tensor(true).item<bool>());
    }

    [TestMethod]
    public void Tensor_FromArray_IsACopy()
    {
        var array = new[] { 1f, 2f };
        var a = tensor(array);
        array[0] = 9;
        AssertValues(a, 1, 2);
    }

    [TestMethod]
    public void DefaultDtype_IsUsedAndRestored()
    {
        var before = get_default_dtype();
        set_default_dtype(ScalarType.Float64);
        try
        {
            Assert.AreEqual(ScalarType.Float64, zeros(1).dtype);
        }
        finally
        {
            set_default_dtype(before);
        }

        Assert.AreEqual(ScalarType.Float32, zeros(1).dtype);
    }

    [TestMethod]
    public void Conversions_OfOneElement_GiveNumbers()
    {
        var a = tensor(3.7f);
        Assert.AreEqual(3.7f, a.ToSingle());
        Assert.AreEqual(3, a.ToInt32());
        Assert.AreEqual(3.7f, (float)a);
        Assert.AreEqual(3L, (long)a);
        Assert.AreEqual(5, tensor(5L).ToInt32());
        Assert.AreEqual(3.7f, a.ToScalar().ToSingle());
        Tensor implied = 2.5f;
        Assert.AreEqual(2.5f, implied.item<float>());
    }
}
