using AttentionXml.Data.Debian;

namespace Fulgurite.Tests.Samples.AttentionXml.Debian;

[TestClass]
public sealed class HeldOutSplitTests
{
    // The same numbers on every machine and in every version: a split that moves would let a model be tested on what it learned.
    [TestMethod]
    [DataRow("bash", 8032065931995911799UL)]
    [DataRow("libc6", 13495937727859403541UL)]
    [DataRow("0ad", 13995513846656053195UL)]
    public void Order_Name_StaysWhatItWasPublishedAs(string name, ulong expected) => Assert.AreEqual(expected, HeldOutSplit.Order(name));

    [TestMethod]
    public void IsHeldOut_ManyNames_TakesATenthOfThem()
    {
        var heldOut = Enumerable.Range(0, 20_000).Count(i => HeldOutSplit.IsHeldOut($"lib{i}-dev"));

        Assert.IsInRange(1_800, 2_200, heldOut);
    }
}
