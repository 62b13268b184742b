using static TorchSharp.torch;

namespace Fulgurite.Tests.Core.State;

/// <summary>What libtorch's C interface reports of a tensor is what TorchSharp does.</summary>
[TestClass]
public sealed class NativeLayoutTests
{
    [TestMethod]
    public unsafe void TryRead_DenseTensors_IsWhatTorchSharpReports()
    {
        using var scope = NewDisposeScope();
        using var matrix = arange(24, dtype: ScalarType.Float32).reshape(4, 6);
        foreach (var tensor in (Tensor[])
            [
                matrix, matrix.t(), matrix[1], matrix.slice(1, 1, 5, 2), zeros(0, 3), ones(1, dtype: ScalarType.BFloat16).squeeze(),
                zeros(2, dtype: ScalarType.Bool), zeros(3, 1, dtype: ScalarType.ComplexFloat64), ones(1).expand(5),
                zeros(2, 2, dtype: ScalarType.Int64), nn.Parameter(zeros(7, dtype: ScalarType.Float64)),
            ])
        {
            Assert.IsTrue(NativeLayout.TryRead(tensor, out var layout));
            Assert.AreEqual(tensor.dtype, layout.Type);
            Assert.AreEqual(tensor.device_type, layout.Device);
            Assert.IsTrue(layout.Shape.SequenceEqual(tensor.shape), tensor.ToString());
            Assert.IsTrue(layout.Strides.SequenceEqual(tensor.stride()), tensor.ToString());
            Assert.AreEqual(tensor.is_contiguous(), layout.IsContiguous, tensor.ToString());
        }

        using var bytes = zeros(5, dtype: ScalarType.Byte);
        fixed (byte* first = bytes.bytes)
        {
            Assert.AreEqual((nint)first, NativeLayout.AddressOf(bytes));
        }

        using var row = matrix[2];
        Assert.AreEqual(NativeLayout.AddressOf(matrix) + (2 * 6 * sizeof(float)), NativeLayout.AddressOf(row));
    }

    [TestMethod]
    public void TryRead_SparseTensor_IsFalse()
    {
        using var scope = NewDisposeScope();
        using var sparse = sparse_coo_tensor(tensor(new long[,] { { 1 } }), ones(1), [9]);

        Assert.IsFalse(NativeLayout.TryRead(sparse, out _));
        Assert.ThrowsExactly<NotSupportedException>(() => TensorData.FromTensor(sparse));
    }

    [TestMethod]
    public void TryRead_DisposedTensor_Throws()
    {
        var tensor = zeros(2);
        tensor.Dispose();

        Assert.ThrowsExactly<InvalidOperationException>(() => NativeLayout.TryRead(tensor, out _));
    }
}
