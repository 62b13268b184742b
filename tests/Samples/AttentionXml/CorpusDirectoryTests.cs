using AttentionXml.Data;

namespace Fulgurite.Tests.Samples.AttentionXml;

[TestClass]
public sealed class CorpusDirectoryTests
{
    [TestMethod]
    public void Open_PlainNames_FindsAllThree()
    {
        using var folder = new TemporaryFolder();
        folder.Write("train.txt");
        folder.Write("test.txt");
        folder.Write("valid.txt");

        Assert.AreEqual(
            new CorpusDirectory(folder.File("train.txt"), folder.File("test.txt"), folder.File("valid.txt")),
            CorpusDirectory.Open(folder.Path));
    }

    [TestMethod]
    public void Open_NamesWithTheDataSetInFront_FindsThem()
    {
        using var folder = new TemporaryFolder();
        folder.Write("amazonCat_train.txt");
        folder.Write("amazonCat_test.txt");

        Assert.AreEqual(
            new CorpusDirectory(folder.File("amazonCat_train.txt"), folder.File("amazonCat_test.txt"), null),
            CorpusDirectory.Open(folder.Path));
    }

    [TestMethod]
    [DataRow("train.txt.gz", "test.txt")]
    [DataRow("amazonCat_train.txt.gz", "amazonCat_test.txt.gz")]
    [DataRow("trn.json", "tst.json.gz")]
    public void Open_CompressedOrRawText_FindsThem(string train, string test)
    {
        using var folder = new TemporaryFolder();
        folder.Write(train);
        folder.Write(test);

        Assert.AreEqual(new CorpusDirectory(folder.File(train), folder.File(test), null), CorpusDirectory.Open(folder.Path));
    }

    [TestMethod]
    [DataRow("amazoncat_13k_train.svm.bz2")]
    [DataRow("AmazonCat.zip")]
    public void Open_OnlyAnArchive_NamesItAndTheRemedy(string archive)
    {
        using var folder = new TemporaryFolder();
        folder.Write(archive);

        var failure = Assert.ThrowsExactly<InputException>(() => CorpusDirectory.Open(folder.Path));

        Assert.Contains($"It has {archive}: unpack the files first", failure.Message);
    }

    [TestMethod]
    public void Open_FolderMissing_NamesItAndTheOption()
    {
        var failure = Assert.ThrowsExactly<InputException>(() => CorpusDirectory.Open("/no/such/folder"));

        Assert.Contains("'/no/such/folder' does not exist", failure.Message);
        Assert.Contains("--data", failure.Message);
    }

    [TestMethod]
    public void Open_TestFileMissing_NamesIt()
    {
        using var folder = new TemporaryFolder();
        folder.Write("train.txt");

        Assert.Contains("has no test.txt", Assert.ThrowsExactly<InputException>(() => CorpusDirectory.Open(folder.Path)).Message);
    }
}
