using AttentionXml.Data.Debian;

namespace Fulgurite.Tests.Samples.AttentionXml.Debian;

[TestClass]
public sealed class DebianDatasetTests
{
    private static readonly Package[] Two = [new("a", "s", "d", "x", ""), new("b", "s", "d", "x", "")];

    [TestMethod]
    public void Prepare_FolderMissing_MakesItOnceAndLeavesItAlone()
    {
        using var folder = new TemporaryFolder();
        var said = new List<string>();

        DebianDataset.Prepare(folder.File("debian"), () => Two, said.Add);
        DebianDataset.Prepare(folder.File("debian"), () => throw new AssertFailedException("asked for packages again"), said.Add);

        Assert.IsTrue(File.Exists(folder.File("debian/train.txt")));
        Assert.IsTrue(File.Exists(folder.File("debian/test.txt")));
        Assert.HasCount(2, said);
    }

    [TestMethod]
    public void Prepare_AnotherProcessIsFaster_UsesItsFolder()
    {
        using var folder = new TemporaryFolder();

        DebianDataset.Prepare(
            folder.File("debian"),
            () =>
            {
                DebianDataset.Prepare(folder.File("debian.other"), () => Two, _ => { });
                Directory.Move(folder.File("debian.other"), folder.File("debian"));
                return Two;
            },
            _ => { });

        Assert.IsTrue(File.Exists(folder.File("debian/train.txt")));
        Assert.HasCount(1, Directory.GetFileSystemEntries(folder.Path));
    }

    [TestMethod]
    public void Prepare_PackagesFailHalfWay_LeavesNothing()
    {
        using var folder = new TemporaryFolder();

        Assert.ThrowsExactly<IOException>(() => DebianDataset.Prepare(folder.File("debian"), Broken, _ => { }));

        Assert.IsEmpty(Directory.GetFileSystemEntries(folder.Path));
    }

    private static IEnumerable<Package> Broken()
    {
        yield return Two[0];
        throw new IOException("the pipe broke");
    }
}
