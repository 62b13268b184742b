namespace Fulgurite.Tests.IO.Async;

/// <summary>Two states that share their tensors are one save only if everything else is equal.</summary>
[TestClass]
public sealed class StateTreeTests
{
    private static readonly StateObject Made = new("a.B", new StateList([1]), new StateMap { ["s"] = 2 })
    {
        Form = StateObjectForm.Call,
        Items = new StateList([3]),
    };

    private static readonly Dictionary<string, (StateValue Left, StateValue Right, bool Same)> Cases = new()
    {
        ["maps"] = (new StateMap { ["a"] = 1, ["b"] = 2 }, new StateMap { ["a"] = 1, ["b"] = 2 }, true),
        ["maps of other values"] = (new StateMap { ["a"] = 1 }, new StateMap { ["a"] = 2 }, false),
        ["maps of other keys"] = (new StateMap { ["a"] = 1 }, new StateMap { ["b"] = 1 }, false),
        ["maps in another order"] = (new StateMap { ["a"] = 1, ["b"] = 1 }, new StateMap { ["b"] = 1, ["a"] = 1 }, false),
        ["maps of other lengths"] = (new StateMap { ["a"] = 1 }, new StateMap { ["a"] = 1, ["b"] = 2 }, false),
        ["lists"] = (new StateList([1, "x"]), new StateList([1, "x"]), true),
        ["lists of other items"] = (new StateList([1, 2]), new StateList([1, 3]), false),
        ["lists of other lengths"] = (new StateList([1]), new StateList([1, 2]), false),
        ["a list and a tuple"] = (new StateList([1]), new StateList([1], isTuple: true), false),
        ["a list and a map"] = (new StateList(), new StateMap(), false),
        ["objects"] = (Made, Copy(), true),
        ["objects of other classes"] = (Made, Copy(name: "a.C"), false),
        ["objects of other forms"] = (Made, Copy(form: StateObjectForm.Instance), false),
        ["objects of other arguments"] = (Made, Copy(argument: 9), false),
        ["objects of other states"] = (Made, Copy(state: 9), false),
        ["objects of other items"] = (Made, Copy(item: 9), false),
        ["tensors, which are compared by their memory"] = (Tensor(1), Tensor(2), true),
        ["a tensor and a number"] = (Tensor(1), 1, false),
        ["numbers"] = (1.5, 1.5, true),
        ["other numbers"] = (1.5, 2.5, false),
    };

    public static IEnumerable<string> Names => Cases.Keys;

    [TestMethod]
    [DynamicData(nameof(Names))]
    public void AreSame_Trees_ComparesAllButTensors(string name)
    {
        var (left, right, same) = Cases[name];

        Assert.AreEqual(same, StateTree.AreSame(left, right));
        Assert.AreEqual(same, StateTree.AreSame(right, left));
    }

    private static StateObject Copy(
        string name = "a.B", StateObjectForm form = StateObjectForm.Call, long argument = 1, long state = 2, long item = 3) =>
        new(name, new StateList([argument]), new StateMap { ["s"] = state }) { Form = form, Items = new StateList([item]) };

    private static TensorData Tensor(float value) => TensorData.FromValues<float>([value], ScalarType.Float32, 1);
}
