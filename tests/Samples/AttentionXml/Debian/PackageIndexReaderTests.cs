using AttentionXml.Data.Debian;

namespace Fulgurite.Tests.Samples.AttentionXml.Debian;

[TestClass]
public sealed class PackageIndexReaderTests
{
    [TestMethod]
    public void Read_StanzasAsAptPrintsThem_GivesTheWantedFieldsOfEach()
    {
        var packages = Read(
            """
            Package: 0ad
            Version: 0.0.26-3
            Installed-Size: 28591
            Depends: 0ad-data (>= 0.0.26), libc6 (>= 2.34)
            Pre-Depends: dpkg (>= 1.15.6~)
            Description: Real-time strategy game
            Tag: game::strategy, role::program,
             uitoolkit::sdl
            Section: games

            Package: 0ad-data
            Section: games
            Description: Data files

            """);

        CollectionAssert.AreEqual(
            new[]
            {
                new Package("0ad", "games", "Real-time strategy game", "0ad-data (>= 0.0.26), libc6 (>= 2.34)", "dpkg (>= 1.15.6~)"),
                new Package("0ad-data", "games", "Data files", "", ""),
            },
            packages);
    }

    [TestMethod]
    public void Read_FoldedDescription_JoinsItsLinesAndDropsTheDots()
    {
        var packages = Read("Package: a\nDescription: short\n First line.\n .\n  Second line.\nSection: s\n");

        Assert.AreEqual("short First line. Second line.", packages.Single().Description);
        Assert.AreEqual("s", packages.Single().Section);
    }

    [TestMethod]
    public void Read_FoldedFieldThatNobodyWants_DoesNotRunIntoTheOneBefore()
    {
        var packages = Read("Package: a\nSection: s\nTag: x,\n y\nDepends: b,\n c\n");

        Assert.AreEqual("s", packages.Single().Section);
        Assert.AreEqual("b, c", packages.Single().Depends);
    }

    [TestMethod]
    public void Read_NoEmptyLineAtTheEndAndSeveralBetween_GivesEveryPackageOnce()
    {
        var packages = Read("\n\nPackage: a\n\n\n\nPackage: b");

        CollectionAssert.AreEqual(new[] { "a", "b" }, packages.ConvertAll(p => p.Name));
    }

    [TestMethod]
    public void Read_StanzaWithoutName_IsLeftOutAndLeavesNothingBehind()
    {
        var packages = Read("Section: lost\nDescription: lost\n\nPackage: a\n");

        Assert.AreEqual(new Package("a", "", "", "", ""), packages.Single());
    }

    [TestMethod]
    public void Read_ShortAndTranslatedDescription_KeepsTheFirst()
    {
        var packages = Read("Package: a\nDescription: first\nDescription-en: second\n third\n");

        Assert.StartsWith("first", packages.Single().Description);
        Assert.DoesNotContain("second", packages.Single().Description);
    }

    [TestMethod]
    public void Read_Nothing_GivesNothing() => Assert.IsEmpty(Read(""));

    private static List<Package> Read(string index) => [.. PackageIndexReader.Read(new StringReader(index))];
}
