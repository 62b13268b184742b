namespace Fulgurite.Tests.IO.Loading;

/// <summary>Matrix products choose kernels by alignment; memory of loaded and captured tensors has that of libtorch.</summary>
[TestClass]
public sealed class AlignmentTests
{
    private static readonly int[] Sizes = [1, 3, 17, 63, 1001, 40_001, 300_001];

    public static IEnumerable<(string Name, Func<CheckpointIO> Make)> Formats =>
    [
        ("torch", () => new TorchCheckpointIO(new MemoryStorage())),
        ("safetensors", () => new SafetensorsCheckpointIO(new MemoryStorage())),
        ("background", () => new AsyncCheckpointIO(new TorchCheckpointIO(new MemoryStorage()))),
    ];

    [TestMethod]
    [DynamicData(nameof(Formats))]
    public async Task Load_TensorsOfAnySize_AreAligned(string name, Func<CheckpointIO> make)
    {
        var io = make();
        using var scope = NewDisposeScope();
        using var state = Live();
        await io.SaveCheckpointAsync(state, "a.ckpt", null, CancellationToken.None);

        using var loaded = await io.LoadCheckpointAsync("a.ckpt", null, CancellationToken.None);

        AssertAligned(loaded, name);
        await io.DisposeAsync();
    }

    [TestMethod]
    public async Task TakeSnapshot_TensorsOfAnySize_AreAligned()
    {
        await using var io = new AsyncCheckpointIO(new TorchCheckpointIO(new MemoryStorage()));
        using var scope = NewDisposeScope();
        using var state = Live();

        using var snapshot = io.TakeSnapshot(state);

        AssertAligned(snapshot.State, "snapshot");
    }

    // Of arrays, so that what is copied is not aligned itself.
    private static TrainingState Live()
    {
        var state = new TrainingState();
        foreach (var size in Sizes)
        {
            state[$"a{size}"] = TensorData.FromTensor(tensor(new float[size]));
        }

        return state;
    }

    private static void AssertAligned(TrainingState state, string name)
    {
        Assert.HasCount(Sizes.Length, state.Tensors());
        Assert.IsEmpty(state.Tensors().Where(entry => entry.Value.Address % HostTensorStorage.Alignment != 0), name);
    }
}
