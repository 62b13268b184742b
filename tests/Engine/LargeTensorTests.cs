using TorchSharp;
using static TorchSharp.torch;

namespace Fulgurite.Tests.Engine;

/// <summary>Needs 3 GiB of memory; runs where FULGURITE_SLOW is 1.</summary>
[TestClass]
public sealed class LargeTensorTests : TensorTest
{
    private const long Length = (1L << 31) + 4096;

    [TestInitialize]
    public void OnlyWhereAskedFor()
    {
        if (Environment.GetEnvironmentVariable("FULGURITE_SLOW") != "1")
        {
            Assert.Inconclusive("Set FULGURITE_SLOW=1 to run it; it needs 3 GiB of memory.");
        }
    }

    [TestMethod]
    public void Bytes_BeyondASpan_AreRefusedAndReachedByParts()
    {
        var a = zeros(Length, uint8);
        Assert.AreEqual(Length, a.numel());
        Assert.ThrowsExactly<ArgumentException>(() => a.bytes.Length);
        a.narrow(0, Length - 4096, 4096).bytes.Fill(7);
        Assert.AreEqual(7, a[Length - 1].item<byte>());
        Assert.AreEqual(0, a[Length - 4097].item<byte>());
        Assert.AreEqual(4096L * 7, a.sum().item<long>());
    }
}
