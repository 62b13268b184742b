using AttentionXml.Data;

namespace Fulgurite.Tests.Samples.AttentionXml;

[TestClass]
public sealed class DatasetTests
{
    private static readonly CorpusLimits Limits = new() { MaxTokens = 4, MinWordFrequency = 2, MinLabelFrequency = 2 };

    [TestMethod]
    public void Read_Frequencies_NumberWordsAndLabelsByThemAndCutTheRareOnes()
    {
        using var folder = new TemporaryFolder();
        folder.Write("train.txt", [.. Repeat(4, "x\ta"), .. Repeat(6, "y x\tb a rare"), "rare\tb"]);
        folder.Write("test.txt", "x rare unseen\ta rare new");

        var data = TextDataset.Read(CorpusDirectory.Open(folder.Path), "auto", Limits, validationDocuments: 1);

        var (words, labels) = data.Vocabulary;
        Assert.AreEqual((5, 2), (words.Count, labels.Count));
        Assert.AreEqual((2, 3, 4), (words.Find("a"), words.Find("b"), words.Find("rare")));
        Assert.AreEqual((0, 1, (int?)null), (labels.Find("x"), labels.Find("y"), labels.Find("rare")));
        Assert.AreEqual("y", labels[1]);
        var test = data.Test.Corpus;
        CollectionAssert.AreEqual(new[] { 2, 4, Vocabulary.Unknown }, test.Words[0].ToArray());
        CollectionAssert.AreEqual(new[] { 0 }, test.Labels[0].ToArray());
        Assert.AreEqual(3, test.TrueLabels(0));
    }

    [TestMethod]
    public void Read_VocabularyCap_KeepsTheMostFrequentWords()
    {
        using var folder = new TemporaryFolder();
        folder.Write("train.txt", [.. Repeat(9, "x\ta a b b"), .. Repeat(9, "x\ta c c c")]);
        folder.Write("test.txt", "x\ta");

        var data = TextDataset.Read(
            CorpusDirectory.Open(folder.Path), "auto", new CorpusLimits { MaxVocabulary = 2, MaxTokens = 4, MinLabelFrequency = 2 }, 1);

        Assert.AreEqual(4, data.Vocabulary.Words.Count);
        Assert.IsNull(data.Vocabulary.Words.Find("b"));
        CollectionAssert.AreEqual(new[] { 2, 2, 1, 1 }, data.Train.Corpus.Words[0].ToArray());
    }

    [TestMethod]
    public void Read_DocumentWithoutLabelsOrWords_DropsTheFirstAndKeepsTheOther()
    {
        using var folder = new TemporaryFolder();
        folder.Write("train.txt", [.. Repeat(12, "x\ta"), "\ta", "x\t42"]);
        folder.Write("test.txt", "x\ta");

        var data = TextDataset.Read(CorpusDirectory.Open(folder.Path), "auto", Limits, 1);

        Assert.AreEqual(13, data.Train.Corpus.Count);
        CollectionAssert.AreEqual(new[] { Vocabulary.Unknown }, data.Train.Corpus.Words[12].ToArray());
    }

    [TestMethod]
    public void Read_NoValidationFile_HoldsOutADisjointEvenSpread()
    {
        using var folder = new TemporaryFolder();
        folder.Write("train.txt", [.. Repeat(100, "x\ta")]);
        folder.Write("test.txt", "x\ta");

        var data = TextDataset.Read(CorpusDirectory.Open(folder.Path), "auto", Limits, validationDocuments: 5);

        CollectionAssert.AreEqual(new[] { 19, 39, 59, 79, 99 }, data.Validation.Indices);
        Assert.AreEqual(95, data.Train.Count);
        Assert.IsEmpty(data.Train.Indices.Intersect(data.Validation.Indices));
    }

    [TestMethod]
    public void Read_ValidationFile_IsUsedAndNothingHeldOut()
    {
        using var folder = new TemporaryFolder();
        folder.Write("train.txt", [.. Repeat(20, "x\ta")]);
        folder.Write("test.txt", "x\ta");
        folder.Write("valid.txt", "x\ta", "x\tb", "x\tc");

        var data = TextDataset.Read(CorpusDirectory.Open(folder.Path), "auto", Limits, validationDocuments: 2);

        Assert.AreEqual((20, 2), (data.Train.Count, data.Validation.Count));
    }

    [TestMethod]
    public void Read_NoLabelFrequentEnough_NamesTheOption()
    {
        using var folder = new TemporaryFolder();
        folder.Write("train.txt", [.. Enumerable.Range(0, 30).Select(i => $"l{i}\ta")]);
        folder.Write("test.txt", "x\ta");

        var failure = Assert.ThrowsExactly<InputException>(() => TextDataset.Read(CorpusDirectory.Open(folder.Path), "auto", Limits, 1));

        Assert.Contains("--min-label-frequency", failure.Message);
    }

    [TestMethod]
    public void Read_TestFileWithoutLabels_SaysThatThereIsNothingToMeasureBy()
    {
        using var folder = new TemporaryFolder();
        folder.Write("train.txt", [.. Repeat(20, "x\ta")]);
        folder.Write("test.txt", "\ta");

        var failure = Assert.ThrowsExactly<InputException>(() => TextDataset.Read(CorpusDirectory.Open(folder.Path), "auto", Limits, 1));

        Assert.Contains("test.txt: no document has a label", failure.Message);
    }

    [TestMethod]
    public void Fingerprint_SameOrOtherData_IsSameOrOther()
    {
        Vocabulary One(params string[] labels) => new(new NameTable(["a", "b"], 2), new NameTable(labels, 0));

        Assert.AreEqual(One("x", "y").Fingerprint, One("x", "y").Fingerprint);
        Assert.AreNotEqual(One("x", "y").Fingerprint, One("y", "x").Fingerprint);
    }

    private static IEnumerable<string> Repeat(int times, string line) => Enumerable.Repeat(line, times);
}
