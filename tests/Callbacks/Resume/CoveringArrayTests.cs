namespace Fulgurite.Tests.Callbacks.Resume;

[TestClass]
public sealed class CoveringArrayTests
{
    [TestMethod]
    public void Make_ThreeParts_HasEveryPairInFewRows()
    {
        int[] sizes = [3, 2, 4];

        var rows = CoveringArray.Make(sizes, 2, seed: 1);

        Assert.IsInRange(12, 20, rows.Count);
        foreach (var (first, second) in new[] { (0, 1), (0, 2), (1, 2) })
        {
            Assert.AreEqual(sizes[first] * sizes[second], rows.Select(row => (row[first], row[second])).Distinct().Count());
        }
    }

    [TestMethod]
    public void Make_AllParts_HasEveryCombination()
    {
        Assert.HasCount(24, CoveringArray.Make([3, 2, 4], 3, seed: 1).Select(row => string.Join(' ', row)).Distinct());
    }
}
