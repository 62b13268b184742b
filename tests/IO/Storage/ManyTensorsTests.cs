namespace Fulgurite.Tests.IO.Storage;

/// <summary>
/// Files whose headers and directories are longer than a buffer of the writer, and hold more entries than a plain zip can: what is written
/// in stretches must come out as one.
/// </summary>
[TestClass]
public sealed class ManyTensorsTests
{
    private const int Count = 70_000;

    [TestMethod]
    [DataRow("torch", true)]
    [DataRow("torch", false)]
    [DataRow("safetensors", true)]
    [DataRow("safetensors", false)]
    public async Task SaveAndLoad_MoreTensorsThanAZipCounts_KeepsEach(string format, bool direct)
    {
        using var directory = new TemporaryDirectory();
        var storage = new LocalStorage(new LocalStorageOptions { DirectIO = direct, DirectIOThreshold = 0, Concurrency = 3 });
        await using CheckpointIO io = format == "torch" ? new TorchCheckpointIO(storage) : new SafetensorsCheckpointIO(storage);
        using var memory = new HostTensorStorage(Count * HostTensorStorage.Alignment);
        using var state = TrainingState.Captured(new StateMap { { "state_dict", Tensors(memory) }, { "last", 1 } });

        await io.SaveCheckpointAsync(state, directory["a.ckpt"], null, CancellationToken.None);
        using var loaded = await io.LoadCheckpointAsync(directory["a.ckpt"], null, CancellationToken.None);
        using var mapped = await io.LoadCheckpointAsync(directory["a.ckpt"], new LoadOptions { Mapped = true }, CancellationToken.None);

        StateComparison.AreEqual(state.Root, loaded.Root);
        StateComparison.AreEqual(state.Root, mapped.Root);
    }

    /// <summary>
    /// Tensors that do not lie in the order of the tree; some share memory, are the same tensor, are empty, or of other shapes.
    /// </summary>
    private static StateMap Tensors(HostTensorStorage memory)
    {
        var random = new Random(1);
        random.NextBytes(memory.GetWritableBytes(0, (int)memory.ByteLength));
        var places = Enumerable.Range(0, Count).ToArray();
        random.Shuffle(places);
        var tensors = new StateMap();
        var last = new TensorData(memory, ScalarType.Int16, [2], [1]);
        for (var index = 0; index < Count; index++)
        {
            var offset = (long)places[index] * HostTensorStorage.Alignment / sizeof(short);
            last = (index % 1000) switch
            {
                1 => last,
                2 => new TensorData(memory, ScalarType.Int16, [0, 3], [3, 1]),
                3 => new TensorData(memory, ScalarType.Int16, [2, 2], [4, 1], last.StorageOffset),
                4 => new TensorData(memory, ScalarType.Int16, [], [], offset),
                _ => new TensorData(memory, ScalarType.Int16, [1 + (index % 3)], [1], offset),
            };
            tensors.Add($"layer.{index}.weight", last);
        }

        return tensors;
    }
}
