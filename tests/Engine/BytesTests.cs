using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulgurite.Tests.Engine;

[TestClass]
public sealed class BytesTests : TensorTest
{
    [TestMethod]
    public void Bytes_AreTheMemoryOfTheTensor()
    {
        var a = tensor(new[] { 1f, 2f });
        Assert.AreEqual(8, a.bytes.Length);
        MemoryMarshal.Cast<byte, float>(a.bytes)[1] = 5;
        AssertValues(a, 1, 5);
        a.fill_(3);
        Assert.AreEqual(3f, MemoryMarshal.Cast<byte, float>(a.bytes)[0]);
    }

    [TestMethod]
    public void Bytes_Set_CopiesIn()
    {
        var a = zeros(2);
        a.bytes = MemoryMarshal.AsBytes(new[] { 4f, 5f }.AsSpan());
        AssertValues(a, 4, 5);
        Assert.ThrowsExactly<ArgumentException>(() => a.bytes = new byte[3]);
    }

    [TestMethod]
    public void Bytes_OfATransposedTensor_AreRefused()
    {
        Assert.ThrowsExactly<InvalidOperationException>(() => zeros(2, 3).t().bytes.Length);
        Assert.AreEqual(24, zeros(2, 3).t().contiguous().bytes.Length);
    }

    [TestMethod]
    public void Bytes_OfANarrowedPart_AliasTheWhole()
    {
        var a = arange(6, int32);
        a.narrow(0, 4, 2).bytes[0] = 99;
        AssertValues(a, 0, 1, 2, 3, 99, 5);
    }

    [TestMethod]
    public void Data_ReadsAndWritesInTheOrderOfDimensions()
    {
        var a = arange(6, int32).reshape(2, 3);
        CollectionAssert.AreEqual(new[] { 0, 3, 1, 4, 2, 5 }, a.t().data<int>().ToArray());
        var accessor = a.data<int>();
        accessor[1, 2] = 50;
        accessor[0] = -1;
        Assert.AreEqual(6L, accessor.Count);
        AssertValues(a, -1, 1, 2, 3, 4, 50);
        accessor.CopyFrom([7, 8, 9, 10, 11, 12]);
        AssertValues(a, 7, 8, 9, 10, 11, 12);
        var part = new int[2];
        accessor.CopyTo(part, tensorIndex: 4);
        CollectionAssert.AreEqual(new[] { 11, 12 }, part);
    }

    [TestMethod]
    public void Data_OfTheWrongType_IsRefused()
    {
        Assert.ThrowsExactly<ArgumentException>(() => zeros(1).data<double>());
        Assert.ThrowsExactly<ArgumentException>(() => zeros(1).item<int>());
        Assert.ThrowsExactly<ArgumentException>(() => zeros(2).item<float>());
    }

    [TestMethod]
    public void Streams_WriteAndReadTheBytes()
    {
        var a = randn(100, 7);
        using var stream = new MemoryStream();
        a.WriteBytesToStream(stream);
        Assert.AreEqual(2800L, stream.Length);
        stream.Position = 0;
        var b = zeros(100, 7);
        b.ReadBytesFromStream(stream, 64);
        Assert.IsTrue(a.Equals(b));
        Assert.ThrowsExactly<InvalidOperationException>(() => a.t().WriteBytesToStream(stream));
    }

    [TestMethod]
    public void Copy_BetweenTypes_Converts()
    {
        var a = zeros(2, dtype: int32);
        a.copy_(tensor(new[] { 1.9f, 2.1f }));
        AssertValues(a, 1, 2);
    }
}
