using TorchSharp;
using static TorchSharp.torch;

namespace Fulgurite.Tests.Engine;

[TestClass]
public sealed class DeviceTests : TensorTest
{
    [TestMethod]
    public void Device_FromText_HasTypeAndIndex()
    {
        var device = new Device("cuda:1");
        Assert.AreEqual(DeviceType.CUDA, device.type);
        Assert.AreEqual(1, device.index);
        Assert.AreEqual("cuda:1", device.ToString());
        Assert.AreEqual("cpu", new Device("cpu").ToString());
        Assert.AreEqual(-1, new Device("cuda").index);
        Device implied = "cpu";
        Assert.AreEqual(DeviceType.CPU, implied.type);
    }

    [TestMethod]
    [DataRow("")]
    [DataRow("gpu")]
    public void Device_FromUnknownText_IsRefused(string description) =>
        Assert.Throws<ArgumentException>(() => new Device(description));

    [TestMethod]
    public void Cuda_CountAndAvailability_Agree()
    {
        Assert.AreEqual(cuda.is_available(), cuda.device_count() > 0);
        if (!cuda.is_available())
        {
            Assert.ThrowsExactly<InvalidOperationException>(() => CUDA);
            Assert.ThrowsExactly<InvalidOperationException>(() => ones(1).cuda());
            Assert.ThrowsExactly<InvalidOperationException>(() => ones(1, device: new Device("cuda")));
            return;
        }

        var there = ones(3, device: CUDA) * 2;
        Assert.IsTrue(there.is_cuda);
        cuda.synchronize();
        AssertValues(there.cpu(), 2, 2, 2);
    }
}
