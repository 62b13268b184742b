namespace Fulgurite.Tests.IO.Loading;

/// <summary>Loading onto a device. The one without memory stands for those that a machine may lack.</summary>
[TestClass]
public sealed class DevicePlacementTests
{
    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task Load_OntoADevice_PutsEveryTensorThereAsItWas(bool mapped)
    {
        await using var io = new TorchCheckpointIO(new MemoryStorage());
        using var state = StateSamples.Everything();
        await io.SaveCheckpointAsync(state, "a.ckpt", null, CancellationToken.None);

        using var loaded = await io.LoadCheckpointAsync(
            "a.ckpt", new LoadOptions { Device = META, Mapped = mapped }, CancellationToken.None);

        var (expected, found) = (state.Tensors().ToList(), loaded.Tensors().ToList());
        Assert.AreSequenceEqual(expected.ConvertAll(tensor => tensor.Key), found.ConvertAll(tensor => tensor.Key));
        foreach (var (before, after) in expected.Zip(found, (left, right) => (left.Value, right.Value)))
        {
            Assert.IsFalse(after.Storage.IsOnHost);
            Assert.AreEqual(before.Type, after.Type);
            Assert.IsTrue(before.Shape.SequenceEqual(after.Shape));
            Assert.IsTrue(before.ElementCount <= 1 || before.Strides.SequenceEqual(after.Strides));
        }
    }

    [TestMethod]
    public async Task Load_OntoADeviceAndIntoATensor_LeavesThatWhereItIs()
    {
        await using var io = new TorchCheckpointIO(new MemoryStorage());
        using var state = TrainingState.Captured(new StateMap
        {
            ["a"] = TensorData.FromValues([1f, 2f, 3f], ScalarType.Float32, 3),
            ["b"] = TensorData.FromValues([4f, 5f], ScalarType.Float32, 2),
        });
        await io.SaveCheckpointAsync(state, "a.ckpt", null, CancellationToken.None);
        using var target = zeros(3);

        using var loaded = await io.LoadCheckpointAsync(
            "a.ckpt",
            new LoadOptions { Device = META, Into = new Dictionary<string, Tensor> { ["a"] = target } },
            CancellationToken.None);

        Assert.AreSequenceEqual([1f, 2f, 3f], target.data<float>().ToArray());
        Assert.IsTrue(loaded["a"].AsTensor().Storage.IsOnHost);
        Assert.IsFalse(loaded["b"].AsTensor().Storage.IsOnHost);
        using var copy = loaded["b"].AsTensor().ToTensor(META);
        Assert.IsTrue(copy.is_meta);
        Assert.AreSequenceEqual([2L], copy.shape);
    }

    [TestMethod]
    public async Task Load_OntoTheHost_IsAsWithoutADevice()
    {
        await using var io = new TorchCheckpointIO(new MemoryStorage());
        using var state = StateSamples.Everything();
        await io.SaveCheckpointAsync(state, "a.ckpt", null, CancellationToken.None);
        using var loaded = await io.LoadCheckpointAsync("a.ckpt", new LoadOptions { Device = CPU }, CancellationToken.None);
        StateComparison.AreEqual(state.Root, loaded.Root);
    }
}
