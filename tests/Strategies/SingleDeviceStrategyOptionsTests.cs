namespace Fulgurite.Tests.Strategies;

[TestClass]
public sealed class SingleDeviceStrategyOptionsTests
{
    [TestMethod]
    public void Constructor_DeviceOfTheOptions_IsUsed()
    {
        var options = new SingleDeviceStrategyOptions { Device = "cpu" };

        var strategy = new SingleDeviceStrategy(new InMemoryCheckpointIO(), options);

        Assert.AreEqual(TorchSharp.DeviceType.CPU, strategy.RootDevice.type);
        Assert.AreSame(options, strategy.Options);
    }

    [TestMethod]
    public void Constructor_DeviceThatIsNotThere_SaysWhatIs()
    {
        var count = cuda.is_available() ? cuda.device_count() : 0;
        var found = count switch
        {
            0 => "no CUDA device",
            1 => "one CUDA device, cuda:0,",
            _ => $"{count} CUDA devices, cuda:0 to cuda:{count - 1},",
        };

        var exception = Assert.ThrowsExactly<InvalidOperationException>(
            () => new SingleDeviceStrategy(new InMemoryCheckpointIO(), new SingleDeviceStrategyOptions { Device = "cuda:99" }));

        Assert.AreEqual(
            $"SingleDeviceStrategyOptions.Device is 'cuda:99', and libtorch finds {found} here. Set it to one that is there, such as "
                + "'cpu', or use a libtorch with CUDA.",
            exception.Message);
    }

    [TestMethod]
    public void Constructor_AnyCudaDeviceWithoutCuda_IsRefused()
    {
        if (cuda.is_available())
        {
            Assert.Inconclusive("This machine has a CUDA device.");
        }

        Assert.ThrowsExactly<InvalidOperationException>(
            () => new SingleDeviceStrategy(new InMemoryCheckpointIO(), new SingleDeviceStrategyOptions { Device = "cuda" }));
    }
}
