using System.Text;
using System.Text.Json;

namespace Fulgurite.Tests.IO.Safetensors;

[TestClass]
public class SafetensorsRoundTripTests
{
    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task Load_WhatWasSaved_IsEqual(bool mapped)
    {
        using var directory = new TemporaryDirectory();
        await using var io = new SafetensorsCheckpointIO();
        using var state = StateSamples.Everything();
        state["$odd"] = new StateMap
        {
            { "$tensor", "not a tensor" },
            { "a.b", new StateMap { { "c", StateSamples.Tensor(ScalarType.Byte, 1, 2) } } },
        };
        state["a"] = new StateMap { { "b.c", StateSamples.Tensor(ScalarType.Byte, 2, 2) } };
        state["a.b"] = new StateMap { { "c", StateSamples.Tensor(ScalarType.Byte, 3, 2) } };
        state["object"] = new StateObject(
            "m.C",
            new StateList([1, "two"], isTuple: true),
            new StateMap { { "x", 1.0 } })
        { Form = StateObjectForm.Call, Items = new StateList([3]) };

        await io.SaveCheckpointAsync(state, directory["a.safetensors"], null, CancellationToken.None);
        using var loaded = await io.LoadCheckpointAsync(
            directory["a.safetensors"], new LoadOptions { Mapped = mapped }, CancellationToken.None);

        StateComparison.AreEqual(state.Root, loaded.Root);
    }

    [TestMethod]
    public async Task Load_ViewsOfOneStorage_StayShared()
    {
        await using var io = new SafetensorsCheckpointIO(new MemoryStorage());
        using var state = StateSamples.Everything();

        await io.SaveCheckpointAsync(state, "a", null, CancellationToken.None);
        using var loaded = await io.LoadCheckpointAsync("a", null, CancellationToken.None);

        Assert.AreEqual(1, loaded["views"].AsMap().Select(view => view.Value.AsTensor().Storage).Distinct().Count());
    }

    [TestMethod]
    public async Task Save_StridedTensorAlone_IsWrittenInItsShape()
    {
        var storage = new MemoryStorage();
        await using var io = new SafetensorsCheckpointIO(storage);
        var transposed = new TensorData(StateSamples.Floats(6), ScalarType.Float32, [3, 2], [1, 3]);
        using var state = new TrainingState(new StateMap { { "weight", transposed } });

        await io.SaveCheckpointAsync(state, "a", null, CancellationToken.None);

        var header = Encoding.UTF8.GetString(storage["a"]);
        StringAssert.Contains(header, "\"weight\":{\"dtype\":\"F32\",\"shape\":[3,2],\"data_offsets\":[0,24]}");
        using var loaded = await io.LoadCheckpointAsync("a", null, CancellationToken.None);
        CollectionAssert.AreEqual(StateComparison.Bytes(transposed), StateComparison.Bytes(loaded["weight"].AsTensor()));
    }

    [TestMethod]
    public async Task Save_Everything_KeepsTheSpecification()
    {
        using var directory = new TemporaryDirectory();
        await using var io = new SafetensorsCheckpointIO();
        using var state = StateSamples.Everything();
        state["format"] = state["views"].AsMap()["tied"]; // Two metadata of one name would be a broken header.
        await io.SaveCheckpointAsync(state, directory["a.safetensors"], null, CancellationToken.None);

        var found = JsonDocument.Parse(
            PythonInterop.Run("check_safetensors.py", directory["a.safetensors"], directory["elements"])).RootElement;

        Assert.AreEqual((StateSamples.Types.Length * StateSamples.Shapes.Length) + 1, found[0].GetInt32());
        Assert.AreEqual(long.MaxValue, found[1][11].GetInt64());
        Assert.AreEqual("views.whole", found[2].GetString());
        var elements = File.ReadAllBytes(directory["elements"]);
        foreach (var (name, value) in state["state_dict"].AsMap())
        {
            Assert.IsGreaterThanOrEqualTo(0, elements.AsSpan().IndexOf(Encoding.UTF8.GetBytes($"state_dict.{name}\0")), name.ToString());
            Assert.IsGreaterThanOrEqualTo(0, elements.AsSpan().IndexOf(StateComparison.Bytes(value.AsTensor())), name.ToString());
        }
    }

    [TestMethod]
    public void Load_FileOfAnotherProgram_IsAMapOfItsTensors()
    {
        using var directory = new TemporaryDirectory();
        PythonInterop.Run("write_safetensors.py", directory.Path);

        using var state = Load(directory["plain.safetensors"]);
        using var empty = Load(directory["no_tensors.safetensors"]);

        Assert.AreEqual("model.weight|half|scalar|empty|mask|__metadata__", string.Join('|', state.Root.Keys));
        CollectionAssert.AreEqual(new long[] { 2, 3 }, state["model.weight"].AsTensor().Shape.ToArray());
        Assert.AreEqual(5f, BitConverter.ToSingle(StateComparison.Bytes(state["model.weight"].AsTensor()), 20));
        Assert.AreEqual(-7L, BitConverter.ToInt64(StateComparison.Bytes(state["scalar"].AsTensor())));
        Assert.AreEqual("pt", state.Find("__metadata__.format")!.AsText());
        Assert.AreEqual(0, empty.Root.Count);
    }

    [TestMethod]
    public void Load_PythonsTypeThatTorchSharpLacks_IsATensorWithoutElements()
    {
        using var directory = new TemporaryDirectory();
        PythonInterop.Run("write_safetensors.py", directory.Path);

        using var state = Load(directory["unsigned.safetensors"]);

        StringAssert.Contains(state["ids"].ToString(), "U32 tensor");
    }

    [TestMethod]
    public async Task Load_Only_LeavesTheRestOut()
    {
        await using var io = new SafetensorsCheckpointIO(new MemoryStorage());
        using var state = StateSamples.Everything();
        await io.SaveCheckpointAsync(state, "a", null, CancellationToken.None);

        using var loaded = await io.LoadCheckpointAsync("a", new LoadOptions { Only = ["views.row", "tuples"] }, CancellationToken.None);

        Assert.AreEqual("tuples|views", string.Join('|', loaded.Root.Keys));
        Assert.AreEqual("row", string.Join('|', loaded["views"].AsMap().Keys));
        Assert.AreEqual(12f, BitConverter.ToSingle(StateComparison.Bytes(loaded["views"].AsMap()["row"].AsTensor())));
    }

    [TestMethod]
    public async Task Load_Into_OverwritesExistingTensors()
    {
        using var scope = NewDisposeScope();
        await using var io = new SafetensorsCheckpointIO(new MemoryStorage());
        var weight = StateSamples.Tensor(ScalarType.Float32, 4, 5, 6);
        using var state = new TrainingState(new StateMap { { "w", weight } });
        await io.SaveCheckpointAsync(state, "a", null, CancellationToken.None);
        var target = zeros(5, 6);

        using var loaded = await io.LoadCheckpointAsync(
            "a", new LoadOptions { Into = new Dictionary<string, Tensor> { ["w"] = target } }, CancellationToken.None);

        CollectionAssert.AreEqual(StateComparison.Bytes(weight), target.bytes.ToArray());
    }

    private static TrainingState Load(string path) =>
        new SafetensorsCheckpointIO().LoadCheckpointAsync(path, null, CancellationToken.None).GetAwaiter().GetResult();
}
