namespace Fulgurite.Tests.Strategies;

[TestClass]
public sealed class CudaStrategyTests
{
    [TestMethod]
    public void Constructor_WithoutCuda_SaysWhatWasFoundAndWhatToDo()
    {
        if (cuda.is_available())
        {
            Assert.Inconclusive("This machine has a CUDA device.");
        }

        var driver = Directory.Exists("/proc/driver/nvidia")
            ? " although the machine has a driver of NVIDIA, so this libtorch is built without CUDA"
            : OperatingSystem.IsLinux() ? " and the machine has no driver of NVIDIA" : string.Empty;

        var exception = Assert.ThrowsExactly<InvalidOperationException>(
            () => new CudaStrategy(new InMemoryCheckpointIO(), new CudaStrategyOptions { Device = 2 }));

        Assert.AreEqual(
            $"CudaStrategyOptions.Device is 2, and libtorch finds no CUDA device here{driver}. Use a machine and a libtorch with CUDA "
                + "(TorchSharp's package is TorchSharp-cuda-linux or TorchSharp-cuda-windows), "
                + "or AddStrategy<SingleDeviceStrategy>() for the CPU.",
            exception.Message);
    }

    [TestMethod]
    public void Constructor_DeviceBeyondTheLast_SaysWhichThereAre()
    {
        RequireCuda();

        var exception = Assert.ThrowsExactly<InvalidOperationException>(
            () => new CudaStrategy(new InMemoryCheckpointIO(), new CudaStrategyOptions { Device = 200 }));

        Assert.Contains("cuda:0", exception.Message);
        Assert.EndsWith("Set it to an available device.", exception.Message);
    }

    [TestMethod]
    public async Task SaveCheckpoint_TiedParametersOnTheDevice_AreCapturedTiedAndBitForBit()
    {
        RequireCuda();
        var memory = new InMemoryCheckpointIO();
        await using var strategy = new CudaStrategy(new AsyncCheckpointIO(memory));
        using var module = nn.Linear(64, 64);
        strategy.SetUp(module);
        var weight = module.weight!.cpu().data<float>().ToArray();
        for (var save = 0; save < 2; save++)
        {
            using var state = new TrainingState
            {
                ["a"] = TensorData.FromTensor(module.weight!, TensorStability.UntilParametersChange),
                ["b"] = TensorData.FromTensor(module.weight!, TensorStability.UntilParametersChange),
                ["c"] = TensorData.FromTensor(module.bias!, TensorStability.UntilParametersChange),
            };
            strategy.SaveCheckpoint(state, $"{save}", null);
        }

        strategy.TearDown();

        using var loaded = strategy.LoadCheckpoint("1", null);
        Assert.AreSame(loaded["a"].AsTensor().Storage, loaded["b"].AsTensor().Storage);
        Assert.AreSequenceEqual(weight, loaded["a"].AsTensor().ToTensor().data<float>().ToArray());
    }

    [TestMethod]
    public void ToDevice_AfterTheSameState_DrawsTheSameOnTheDevice()
    {
        RequireCuda();
        using var scope = NewDisposeScope();
        using var strategy = new CudaStrategy(new InMemoryCheckpointIO());
        manual_seed(1);
        var state = get_rng_state();
        strategy.ToDevice(ones(1));
        var first = randn(8, device: strategy.RootDevice).cpu().data<float>().ToArray();
        strategy.ToDevice(ones(1));
        var second = randn(8, device: strategy.RootDevice).cpu().data<float>().ToArray();

        set_rng_state(state);
        strategy.ToDevice(ones(1));

        Assert.AreSequenceEqual(first, randn(8, device: strategy.RootDevice).cpu().data<float>().ToArray());
        Assert.AreNotEqual(first[0], second[0]);
    }

    private static void RequireCuda()
    {
        if (!cuda.is_available())
        {
            Assert.Inconclusive("libtorch finds no CUDA device here.");
        }
    }
}
