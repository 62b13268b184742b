namespace Fulgurite.Tests.IO.Torch;

[TestClass]
public class TorchRoundTripTests
{
    [TestMethod]
    public async Task Load_WhatWasSaved_IsEqual()
    {
        await using var io = new TorchCheckpointIO(new MemoryStorage());
        using var state = StateSamples.Everything();

        await io.SaveCheckpointAsync(state, "a.ckpt", null, CancellationToken.None);
        using var loaded = await io.LoadCheckpointAsync("a.ckpt", null, CancellationToken.None);

        StateComparison.AreEqual(state.Root, loaded.Root);
        Assert.IsTrue(loaded.IsCaptured);
    }

    [TestMethod]
    public async Task Load_ViewsOfOneStorage_StayShared()
    {
        await using var io = new TorchCheckpointIO(new MemoryStorage());
        using var state = StateSamples.Everything();

        await io.SaveCheckpointAsync(state, "a.ckpt", null, CancellationToken.None);
        using var loaded = await io.LoadCheckpointAsync("a.ckpt", null, CancellationToken.None);

        var storages = loaded["views"].AsMap().Select(view => view.Value.AsTensor().Storage).Distinct().Count();
        Assert.AreEqual(1, storages);
    }

    [TestMethod]
    public async Task Save_Twice_GivesTheSameBytes()
    {
        var storage = new MemoryStorage();
        await using var io = new TorchCheckpointIO(storage);
        using var first = StateSamples.Everything();
        using var second = StateSamples.Everything();

        await io.SaveCheckpointAsync(first, "a.ckpt", null, CancellationToken.None);
        await io.SaveCheckpointAsync(second, "b.ckpt", null, CancellationToken.None);

        Assert.IsTrue(storage["a.ckpt"].AsSpan().SequenceEqual(storage["b.ckpt"]));
    }

    [TestMethod]
    public async Task Save_LargeTensors_LieOnPages()
    {
        using var directory = new TemporaryDirectory();
        await using var io = new TorchCheckpointIO();
        var tensor = StateSamples.Tensor(TorchSharp.torch.ScalarType.Float32, 1, 5_000_003);
        using var state = new TrainingState(
            new StateMap { { "small", StateSamples.Tensor(TorchSharp.torch.ScalarType.Byte, 2, 3) }, { "large", tensor }, { "last", 1 } });

        await io.SaveCheckpointAsync(state, directory["a.ckpt"], null, CancellationToken.None);
        using var loaded = await io.LoadCheckpointAsync(directory["a.ckpt"], null, CancellationToken.None);

        StateComparison.AreEqual(state.Root, loaded.Root);
        var file = File.ReadAllBytes(directory["a.ckpt"]);
        Assert.AreEqual(0, file.AsSpan().IndexOf(StateComparison.Bytes(tensor)) % 4096);
        Assert.AreEqual(1, Directory.GetFiles(directory.Path).Length, "no temporary file is left");
    }
}
