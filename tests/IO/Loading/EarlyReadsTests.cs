namespace Fulgurite.Tests.IO.Loading;

/// <summary>Many small tensors, which are read or verified while the file is still parsed.</summary>
[TestClass]
public sealed class EarlyReadsTests
{
    private const int Count = 700;
    private const int ByteLength = 2048;

    [TestMethod]
    [DataRow("torch", false)]
    [DataRow("torch", true)]
    [DataRow("safetensors", false)]
    [DataRow("safetensors", true)]
    public async Task Load_TwoDamagedTensors_NamesTheFirst(string format, bool isDeferred)
    {
        using var directory = new TemporaryDirectory();
        await using var io = New(format);
        using var state = State();
        await io.SaveCheckpointAsync(state, directory["a.ckpt"], null, CancellationToken.None);
        var bytes = await File.ReadAllBytesAsync(directory["a.ckpt"], CancellationToken.None);
        foreach (var number in (int[])[600, 350])
        {
            bytes[bytes.AsSpan().IndexOf(StateComparison.Bytes(TensorOf(state, number)).AsSpan(0, 64)) + 100] ^= 1;
        }

        await File.WriteAllBytesAsync(directory["a.ckpt"], bytes, CancellationToken.None);

        var exception = await Assert.ThrowsAsync<CheckpointCorruptException>(
            () => io.LoadCheckpointAsync(directory["a.ckpt"], new LoadOptions { Deferred = isDeferred }, CancellationToken.None));
        using var unverified = await io.LoadCheckpointAsync(
            directory["a.ckpt"], new LoadOptions { Deferred = isDeferred, Verify = false }, CancellationToken.None);

        Assert.AreEqual("state_dict.350", exception.Tensor);
        Assert.HasCount(Count, unverified.Tensors().ToList());
    }

    [TestMethod]
    [DataRow("torch")]
    [DataRow("safetensors")]
    public async Task Load_IntoTensorsInAnyOrder_FillsEach(string format)
    {
        using var directory = new TemporaryDirectory();
        await using var io = New(format);
        using var state = State();
        await io.SaveCheckpointAsync(state, directory["a.ckpt"], null, CancellationToken.None);
        var targets = Enumerable.Range(0, Count + 20).Select(_ => zeros(ByteLength / sizeof(float))).ToList();
        foreach (var numbers in (int[][])[[.. Enumerable.Range(0, Count + 20)], [.. Enumerable.Range(0, Count).Reverse()], [5, 2000, 7, 8]])
        {
            targets.ForEach(target => target.zero_());
            var into = numbers.ToDictionary(number => $"state_dict.{number}", number => targets[number % targets.Count]);

            using var loaded = await io.LoadCheckpointAsync(directory["a.ckpt"], new LoadOptions { Into = into }, CancellationToken.None);

            StateComparison.AreEqual(state.Root, loaded.Root);
            foreach (var number in numbers.Where(number => number < Count))
            {
                Assert.IsTrue(targets[number].bytes.SequenceEqual(StateComparison.Bytes(TensorOf(state, number))), $"{number}");
            }
        }

        targets.ForEach(target => target.Dispose());
    }

    [TestMethod]
    public async Task Load_FileThatEndsInBrokenParts_StopsReading()
    {
        using var directory = new TemporaryDirectory();
        await using var io = New("safetensors");
        using var state = State();
        await io.SaveCheckpointAsync(state, directory["a.ckpt"], null, CancellationToken.None);
        var bytes = await File.ReadAllBytesAsync(directory["a.ckpt"], CancellationToken.None);

        // The header keeps its length; the tree refers to a tensor that does not exist, after all others were placed.
        var last = bytes.AsSpan().LastIndexOf("$tensor\\\":\\\"state_dict.699"u8);
        bytes[last + "$tensor\\\":\\\"".Length] = (byte)'S';
        await File.WriteAllBytesAsync(directory["a.ckpt"], bytes, CancellationToken.None);

        var exception = await Assert.ThrowsAsync<CheckpointCorruptException>(
            () => io.LoadCheckpointAsync(directory["a.ckpt"], new LoadOptions { Verify = false }, CancellationToken.None));

        Assert.Contains("'State_dict.699', which does not exist", exception.Message, StringComparison.Ordinal);
    }

    private static CheckpointIO New(string format) =>
        format == "torch" ? new TorchCheckpointIO(Storage()) : new SafetensorsCheckpointIO(Storage());

    private static LocalStorage Storage() => new(new LocalStorageOptions { Concurrency = 3 });

    private static TensorData TensorOf(TrainingState state, int number) => state[CheckpointKeys.StateDict].AsMap()[$"{number}"].AsTensor();

    private static TrainingState State()
    {
        var random = new Random(1);
        var values = new float[ByteLength / sizeof(float)];
        var tensors = new StateMap();
        for (var number = 0; number < Count; number++)
        {
            random.NextBytes(System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()));
            tensors.Add($"{number}", TensorData.FromValues<float>(values, ScalarType.Float32, values.Length));
        }

        return new TrainingState { [CheckpointKeys.StateDict] = tensors };
    }
}
