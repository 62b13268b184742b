namespace Fulgurite.Tests.Core.State;

[TestClass]
public sealed class StateMapTests
{
    [TestMethod]
    public void Keys_SetInAnyOrder_KeepTheOrderOfTheirFirstSet()
    {
        var map = new StateMap { ["zebra"] = 1, ["apple"] = 2, [7] = 3 };
        map["zebra"] = 4;

        Assert.AreSequenceEqual(new[] { "zebra", "apple", "7" }, map.Keys.Select(key => key.ToString()));
        Assert.AreEqual(4, map["zebra"].AsInteger());
    }

    [TestMethod]
    public void GetHashCode_NumbersWhoseHalvesAreEqual_Differ()
    {
        var hashes = Enumerable.Range(0, 10_000).Select(
            number => new StateKey(((long)number << 32) | (uint)number).GetHashCode()).Distinct().Count();

        Assert.IsGreaterThan(9_900, hashes);
    }

    [TestMethod]
    public void Indexer_TextAndNumberOfTheSameDigits_AreDifferentKeys()
    {
        var map = new StateMap { ["7"] = "text", [7] = "number" };

        Assert.AreEqual("text", map["7"].AsText());
        Assert.AreEqual("number", map[7].AsText());
        Assert.AreEqual(2, map.Count);
    }

    [TestMethod]
    public void Indexer_MissingKey_ListsTheKeysThatAreThere()
    {
        var map = new StateMap { ["epoch"] = 1, ["global_step"] = 2 };

        var error = Assert.ThrowsExactly<KeyNotFoundException>(() => map["step"]);

        Assert.AreEqual("The state has no 'step' here. It has: epoch, global_step.", error.Message);
    }

    [TestMethod]
    public void Set_CapturedState_IsRefused()
    {
        using var state = TrainingState.Captured(new StateMap { ["inner"] = new StateMap(), ["list"] = new StateList() });

        Assert.ThrowsExactly<InvalidOperationException>(() => state["new"] = 1);
        Assert.ThrowsExactly<InvalidOperationException>(() => state["inner"].AsMap()["new"] = 1);
        Assert.ThrowsExactly<InvalidOperationException>(() => state["list"].AsList().Add(1));
    }

    [TestMethod]
    public void AsInteger_TextValue_NamesBothKinds()
    {
        StateValue value = "three";

        var error = Assert.ThrowsExactly<InvalidOperationException>(() => value.AsInteger());

        Assert.AreEqual("Expected an integer in the state and found StateText (three).", error.Message);
    }
}
