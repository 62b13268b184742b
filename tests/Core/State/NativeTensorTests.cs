using System.Runtime.InteropServices;

namespace Fulgurite.Tests.Core.State;

[TestClass]
public sealed class NativeTensorTests
{
    private const int Alignment = 64;

    [TestMethod]
    public void Of_Values_CopiesThemToAlignedMemory()
    {
        AssertHas<float>(ScalarType.Float32, [1.5f, -2, 3, 4, 5, 6]);
        AssertHas<double>(ScalarType.Float64, [1.5, -2, 3, 4, 5, 6]);
        AssertHas<bool>(ScalarType.Bool, [true, false, true, true, false, false]);
        AssertHas<byte>(ScalarType.Byte, [1, 2, 3, 4, 5, 255]);
        AssertHas<long>(ScalarType.Int64, [1, -2, 3, 4, 5, long.MaxValue]);
    }

    [TestMethod]
    public void Of_NoValues_IsEmpty()
    {
        using var tensor = NativeTensor.Of<float>([], 0, 4);

        Assert.AreSequenceEqual(new long[] { 0, 4 }, tensor.shape);
    }

    [TestMethod]
    public void Of_OtherCountOrType_IsRefused()
    {
        Assert.ThrowsExactly<ArgumentException>(() => NativeTensor.Of<float>([1, 2, 3], 2));
        Assert.ThrowsExactly<NotSupportedException>(() => NativeTensor.Of<decimal>([1], 1));
    }

    [TestMethod]
    public void ToTensor_MemoryThatIsNotAligned_GivesAlignedTensor()
    {
        using var storage = new HostTensorStorage(400);
        for (var offset = 1; offset < 16; offset++)
        {
            using var tensor = new TensorData(storage, ScalarType.Float32, [5], [1], offset).ToTensor();

            Assert.AreEqual(0, NativeTensor.AddressOf(tensor) % Alignment);
        }
    }

    private static void AssertHas<T>(ScalarType type, T[] values)
        where T : unmanaged
    {
        // Often enough that memory aligned to 8 bytes is not aligned to 64 by chance.
        for (var turn = 0; turn < 32; turn++)
        {
            using var tensor = NativeTensor.Of<T>(values, 2, 3);
            Assert.AreEqual(type, tensor.dtype);
            Assert.AreSequenceEqual(new long[] { 2, 3 }, tensor.shape);
            Assert.AreSequenceEqual(values, MemoryMarshal.Cast<byte, T>(tensor.bytes).ToArray());
            Assert.AreEqual(0, NativeTensor.AddressOf(tensor) % Alignment);
        }
    }
}
