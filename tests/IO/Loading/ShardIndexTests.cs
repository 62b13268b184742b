using System.Text;

namespace Fulgurite.Tests.IO.Loading;

/// <summary>Weights in several files with an index, as Hugging Face writes them.</summary>
[TestClass]
public sealed class ShardIndexTests
{
    private const string Index = "dir/model.safetensors.index.json";

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task Load_IndexOfTwoFiles_IsOneMapOfAllTensors(bool mapped)
    {
        await using var io = await MakeAsync(
            """{"metadata":{"total_size":8},"weight_map":{"b":"two.safetensors","a":"one.safetensors"}}""");

        using var state = await io.LoadCheckpointAsync(Index, new LoadOptions { Mapped = mapped }, CancellationToken.None);

        Assert.AreSequenceEqual(["a", "b"], state.Root.Keys.Select(key => key.ToString()));
        CollectionAssert.AreEqual(BitConverter.GetBytes(1f), StateComparison.Bytes(state["a"].AsTensor()));
        CollectionAssert.AreEqual(BitConverter.GetBytes(2f), StateComparison.Bytes(state["b"].AsTensor()));
        await io.VerifyAsync(Index, CancellationToken.None);
    }

    [TestMethod]
    public async Task Load_OnlySome_ReadsThoseAlone()
    {
        await using var io = await MakeAsync("""{"weight_map":{"a":"one.safetensors","b":"two.safetensors"}}""");

        using var state = await io.LoadCheckpointAsync(Index, new LoadOptions { Only = ["b"] }, CancellationToken.None);

        Assert.AreSequenceEqual(["b"], state.Root.Keys.Select(key => key.ToString()));
    }

    [TestMethod]
    [DataRow("""{"weight_map":{"a":"../dir/one.safetensors"}}""", "not a weight file in the same folder")]
    [DataRow("""{"weight_map":{"a":"/etc/passwd"}}""", "not a weight file in the same folder")]
    [DataRow("""{"weight_map":{"a":"model.safetensors.index.json"}}""", "not a weight file in the same folder")]
    [DataRow("""{"weight_map":{"a":5}}""", "cannot be read")]
    [DataRow("""{"weight_map":{"c":"one.safetensors"}}""", "lacks the tensor 'c'")]
    [DataRow("""{"weight_map":{"a":"one.safetensors","x":"copy.safetensors"}}""", "two of its files contain 'a'")]
    [DataRow("""{"weight_map":{}}""", "is empty")]
    [DataRow("""{}""", "no 'weight_map'")]
    [DataRow("""[]""", "no 'weight_map'")]
    [DataRow("""nonsense""", "cannot be read")]
    public async Task Load_WrongIndex_IsRefused(string index, string reason)
    {
        await using var io = await MakeAsync(index);

        var error = await Assert.ThrowsExactlyAsync<CheckpointCorruptException>(
            () => io.LoadCheckpointAsync(Index, null, CancellationToken.None));
        Assert.Contains(reason, error.Message);
    }

    [TestMethod]
    public async Task Load_AFileIsGone_NamesIt()
    {
        await using var io = await MakeAsync("""{"weight_map":{"a":"gone.safetensors"}}""");

        var error = await Assert.ThrowsExactlyAsync<CheckpointNotFoundException>(
            () => io.LoadCheckpointAsync(Index, null, CancellationToken.None));
        Assert.AreEqual("dir/gone.safetensors", error.Path);
    }

    private static async Task<TorchCheckpointIO> MakeAsync(string index)
    {
        var storage = new MemoryStorage { [Index] = Encoding.UTF8.GetBytes(index) };
        await using var writer = new SafetensorsCheckpointIO(storage);
        foreach (var (file, name, value) in new[] { ("one", "a", 1f), ("two", "b", 2f), ("copy", "a", 1f) })
        {
            using var state = new TrainingState { [name] = TensorData.FromValues<float>([value], ScalarType.Float32, 1) };
            await writer.SaveCheckpointAsync(state, $"dir/{file}.safetensors", null, CancellationToken.None);
        }

        return new TorchCheckpointIO(storage);
    }
}
