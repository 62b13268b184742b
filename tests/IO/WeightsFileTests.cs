using static TorchSharp.torch;

namespace Fulgurite.Tests.IO;

[TestClass]
public sealed class WeightsFileTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [TestMethod]
    [DataRow("weights.safetensors")]
    [DataRow("weights.pt")]
    public async Task SaveWeights_FileOfEachFormat_HasTheWeightsUnderTheirNamesAndNothingElse(string name)
    {
        var path = Path.Combine(_directory.Path, name);
        using var scope = NewDisposeScope();
        using var module = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2));

        module.SaveWeights(path);

        await using var io = new TorchCheckpointIO();
        using var state = await io.LoadCheckpointAsync(path, null, CancellationToken.None);
        var weights = module.state_dict();
        Assert.HasCount(state.Root.Count, weights);
        foreach (var (key, tensor) in weights)
        {
            StateComparison.AreEqual(TensorData.FromTensor(tensor), state[key], key);
        }
    }

    [TestMethod]
    public void SaveWeights_UnknownExtensionOrNoWeights_IsRefusedWithTheRemedy()
    {
        using var module = nn.Linear(3, 2);
        using var empty = nn.ReLU();

        var extension = Assert.ThrowsExactly<ArgumentException>(() => module.SaveWeights("weights.onnx"));
        var weights = Assert.ThrowsExactly<ArgumentException>(() => empty.SaveWeights("weights.pt"));

        Assert.Contains(".safetensors", extension.Message);
        Assert.Contains("RegisterComponents", weights.Message);
        Assert.IsFalse(File.Exists("weights.pt"));
    }
}
