namespace Fulgurite.Tests.IO.Torch;

[TestClass]
public class TorchInteropTests
{
    [TestMethod]
    public async Task Python_LoadsEveryValueTypeAndShape()
    {
        using var directory = new TemporaryDirectory();
        await using var io = new TorchCheckpointIO();
        using var state = StateSamples.Everything();
        await io.SaveCheckpointAsync(state, directory["a.ckpt"], null, CancellationToken.None);

        Assert.AreEqual("ok", PythonInterop.Run("check_torch.py", directory["a.ckpt"], directory["elements"]));

        var tensors = state["state_dict"].AsMap().Concat(state["views"].AsMap());
        var expected = tensors.SelectMany(tensor => StateComparison.Bytes(tensor.Value.AsTensor())).ToArray();
        CollectionAssert.AreEqual(expected, File.ReadAllBytes(directory["elements"]));
    }

    [TestMethod]
    public async Task Python_LoadsWeightsOnly()
    {
        using var directory = new TemporaryDirectory();
        await using var io = new TorchCheckpointIO();
        var weight = new TensorData(StateSamples.Floats(6), ScalarType.Float32, [2, 3], [3, 1]);
        var step = TensorData.FromValues<float>([7], ScalarType.Float32);
        using var state = new TrainingState(new StateMap
        {
            { "epoch", 3 },
            { "state_dict", new StateMap { { "layer.weight", weight } } },
            {
                "optimizer_states",
                new StateList([new StateMap
                {
                    { "state", new StateMap { { 0, new StateMap { { "step", step } } } } },
                    { "param_groups", new StateList([new StateMap { { "params", new StateList([0, 1]) } }]) },
                }])
            },
        });

        await io.SaveCheckpointAsync(state, directory["a.ckpt"], null, CancellationToken.None);

        Assert.AreEqual("ok", PythonInterop.Run("check_weights_only.py", directory["a.ckpt"]));
    }
}
