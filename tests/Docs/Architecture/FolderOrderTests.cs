namespace Fulgurite.Tests.Docs.Architecture;

/// <summary>The checker of the order of folders, on a small sample with circles in it.</summary>
[TestClass]
public sealed class FolderOrderTests
{
    private static readonly Lazy<IReadOnlyCollection<CompiledReference>> Sample =
        new(() => CompiledReferences.Of(typeof(FolderOrderTests).Assembly.Location, "tests/Docs/Architecture/Sample"));

    [TestMethod]
    public void Violations_OfACircle_NameThePairsOfTypes() => CollectionAssert.AreEqual(
        new[] { "Lower/Door refers to Upper/Weather.", "Lower/Wall refers to Upper/Roof.", "Lower/Window`1 refers to Upper/IShelter." },
        FolderOrder.Parse("`Upper` → `Lower` → `Aside`").Violations(Sample.Value).ToList());

    [TestMethod]
    public void Violations_OfTheOtherDirection_NameTheOtherPair() =>
        Assert.AreSequenceEqual(
            ["Upper/Roof refers to Lower/Wall."],
            FolderOrder.Parse("`Lower` → `Upper` → `Aside`").Violations(Sample.Value));

    [TestMethod]
    public void Violations_OfFoldersOfOneLayer_AreNone() =>
        Assert.IsEmpty(FolderOrder.Parse("`Aside` → `Upper` + `Lower`").Violations(Sample.Value));

    [TestMethod]
    [DataRow("`Aside` → `Upper`, `Lower`")]
    [DataRow("`Aside` → `*`")]
    public void Violations_OfFoldersSideBySide_AreThoseOfBothDirections(string order) =>
        Assert.HasCount(4, FolderOrder.Parse(order).Violations(Sample.Value));

    [TestMethod]
    public void Violations_FolderIsNotListed_SaySo() =>
        Assert.Contains("The folder Lower is not listed.", FolderOrder.Parse("`Upper` → `Aside`").Violations(Sample.Value));

    [TestMethod]
    public void References_ToOtherAssemblies_AreFoundInMethodBodies() =>
        Assert.Contains(new CompiledReference("Garden", "System.IO.File", "Aside", null), Sample.Value);
}
