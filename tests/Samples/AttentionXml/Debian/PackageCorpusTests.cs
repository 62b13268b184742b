using AttentionXml.Data.Debian;

namespace Fulgurite.Tests.Samples.AttentionXml.Debian;

[TestClass]
public sealed class PackageCorpusTests
{
    [TestMethod]
    public void Write_Packages_KeepsLabelsThatComeTwiceAndGivesEveryPackageALine()
    {
        using var folder = new TemporaryFolder();
        Package[] packages =
        [
            new("a", "utils", "The letter\ta", "libc6 (>= 2), rare, libc6", "dpkg"),
            new("b", "libs", "The letter b", "libc6", ""),
            new("c", "libs", "The letter c", "", "dpkg"),
            new("a", "utils", "Another version", "other", ""),
        ];

        var count = PackageCorpus.Write(packages, folder.Path);

        Assert.AreEqual(3, count);
        var lines = File.ReadAllLines(folder.File("train.txt")).Concat(File.ReadAllLines(folder.File("test.txt")));
        CollectionAssert.AreEquivalent(
            new[] { "a\tdpkg libc6\ta utils The letter a", "b\tlibc6\tb libs The letter b", "c\tdpkg\tc libs The letter c" },
            lines.ToArray());
    }

    [TestMethod]
    public void Write_MinimumOfOne_KeepsEveryLabel()
    {
        using var folder = new TemporaryFolder();

        PackageCorpus.Write([new("a", "utils", "The letter a", "libc6, rare", "")], folder.Path, minimumLabelFrequency: 1);

        var lines = File.ReadAllText(folder.File("train.txt")) + File.ReadAllText(folder.File("test.txt"));
        Assert.AreEqual("a\tlibc6 rare\ta utils The letter a\n", lines);
    }

    [TestMethod]
    public void Write_SamePackagesInAnyOrder_GivesTheSameFiles()
    {
        using var one = new TemporaryFolder();
        using var other = new TemporaryFolder();
        var packages = Enumerable.Range(0, 200).Select(i => new Package($"p{i}", "s", $"text {i}", "libc6, libx" + (i % 7), "")).ToList();

        PackageCorpus.Write(packages, one.Path);
        packages.Reverse();
        PackageCorpus.Write(packages, other.Path);

        Assert.AreEqual(File.ReadAllText(one.File("train.txt")), File.ReadAllText(other.File("train.txt")));
        Assert.AreEqual(File.ReadAllText(one.File("test.txt")), File.ReadAllText(other.File("test.txt")));
        CollectionAssert.AreEquivalent(
            packages.Where(p => HeldOutSplit.IsHeldOut(p.Name)).Select(p => p.Name).ToArray(),
            File.ReadAllLines(one.File("test.txt")).Select(line => line.Split('\t')[0]).ToArray());
    }
}
