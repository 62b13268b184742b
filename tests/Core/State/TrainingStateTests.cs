namespace Fulgurite.Tests.Core.State;

[TestClass]
public sealed class TrainingStateTests
{
    [TestMethod]
    [DataRow("optimizer_states.0.state.3.exp_avg", 30)]
    [DataRow("state_dict.layer.weight", 10)]
    [DataRow("state_dict.layer.weight.deep", 11)]
    [DataRow("epoch", 5)]
    public void Find_PathOfKeysAndPositions_GivesTheValue(string path, long expected)
    {
        using var state = new TrainingState(new StateMap
        {
            ["epoch"] = 5,
            ["state_dict"] = new StateMap { ["layer.weight"] = 10, ["layer.weight.deep"] = 11 },
            ["optimizer_states"] = new StateList([new StateMap { ["state"] = new StateMap { [3] = new StateMap { ["exp_avg"] = 30 } } }]),
        });

        Assert.AreEqual(expected, state.Find(path)!.AsInteger());
    }

    [TestMethod]
    [DataRow("missing")]
    [DataRow("list.2")]
    [DataRow("list.-1")]
    [DataRow("epoch.deeper")]
    public void Find_NothingThere_GivesNull(string path)
    {
        using var state = new TrainingState(new StateMap { ["epoch"] = 5, ["list"] = new StateList([1, 2]) });

        Assert.IsNull(state.Find(path));
    }

    [TestMethod]
    public void Dispose_SharedState_ReleasesOnceAfterTheLastUser()
    {
        var released = 0;
        var first = TrainingState.Captured(new StateMap(), () => released++);
        var second = first.Share();

        first.Dispose();
        first.Dispose();
        Assert.AreEqual(0, released);

        second.Dispose();
        second.Dispose();
        Assert.AreEqual(1, released);
        Assert.ThrowsExactly<ObjectDisposedException>(second.Share);
    }

    [TestMethod]
    public void Share_LiveState_IsRefused()
    {
        using var state = new TrainingState();

        Assert.ThrowsExactly<InvalidOperationException>(state.Share);
    }

    [TestMethod]
    public void Tensors_NestedTree_GivesPathsInOrder()
    {
        var tensor = TensorData.FromValues<float>([1], ScalarType.Float32, 1);
        using var state = new TrainingState(new StateMap
        {
            ["b"] = new StateList([tensor, new StateMap { [4] = tensor }]),
            ["a"] = tensor,
            ["object"] = new StateObject("some.Class", new StateList([tensor]), new StateMap { ["field"] = tensor }),
        });

        Assert.AreSequenceEqual(
            new[] { "b.0", "b.1.4", "a", "object.arguments.0", "object.state.field" },
            state.Tensors().Select(entry => entry.Key));
    }

    [TestMethod]
    public void StateReal_NaNOfAnotherPayload_IsEqualAndTheSignOfZeroCounts()
    {
        var ofPython = new StateReal(BitConverter.Int64BitsToDouble(0x7FF8000000000000));
        Assert.AreEqual(new StateReal(double.NaN), ofPython);
        Assert.AreEqual(new StateReal(double.NaN).GetHashCode(), ofPython.GetHashCode());
        Assert.AreNotEqual(new StateReal(0.0), new StateReal(-0.0));
    }

    [TestMethod]
    public void Edit_CapturedState_ChangesNeitherItNorOtherEdits()
    {
        var weights = new StateMap { ["a"] = 1, ["b"] = 2 };
        var bytes = new byte[] { 1 };
        using var state = TrainingState.Captured(new StateMap
        {
            ["weights"] = weights,
            ["list"] = new StateList([new StateMap { ["c"] = 3 }]),
            ["bytes"] = new StateBytes(bytes),
        });
        using var first = state.Edit();
        using var second = state.Edit();

        var changed = first["weights"].AsMap();
        changed["a"] = 10;
        changed.Add("d", 4);
        changed.Remove("b");
        first["list"].AsList()[0].AsMap()["c"] = 30;
        first["list"].AsList().Add(5);
        first["new"] = 6;

        CollectionAssert.AreEqual(new[] { "a", "d" }, changed.Keys.Select(key => key.ToString()).ToArray());
        Assert.AreEqual(10, changed["a"].AsInteger());
        foreach (var other in new[] { state, second })
        {
            CollectionAssert.AreEqual(new[] { "a", "b" }, other["weights"].AsMap().Keys.Select(key => key.ToString()).ToArray());
            Assert.AreEqual(1, other["weights"].AsMap()["a"].AsInteger());
            Assert.HasCount(1, other["list"].AsList());
            Assert.AreEqual(3, other["list"].AsList()[0].AsMap()["c"].AsInteger());
            Assert.HasCount(3, other.Root);
        }

        Assert.ThrowsExactly<InvalidOperationException>(() => weights["a"] = 2);
    }
}
