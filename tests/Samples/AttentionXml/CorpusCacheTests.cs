using AttentionXml.Data;

namespace Fulgurite.Tests.Samples.AttentionXml;

[TestClass]
public sealed class CorpusCacheTests
{
    private static readonly CorpusLimits Limits = new() { MaxTokens = 9, MinWordFrequency = 2, MinLabelFrequency = 2 };
    private static readonly DateTime Noon = new(2026, 1, 2, 12, 0, 0, DateTimeKind.Utc);

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Read_SecondTime_MapsTheSameDataWithoutParsing(bool hasValidationFile)
    {
        using var folder = Data(hasValidationFile);
        var parsed = Read(folder, null);
        var first = Read(folder, new CorpusCache(folder.File("cache")));

        // The same size and time, so only a parser would notice.
        Write(folder, "train.txt", new string('-', (int)new FileInfo(folder.File("train.txt")).Length));
        var second = Read(folder, new CorpusCache(folder.File("cache")));

        AssertSame(parsed, first);
        AssertSame(parsed, second);
    }

    [TestMethod]
    public void Read_OtherLimitsOrNewerFile_ParsesAgain()
    {
        using var folder = Data(hasValidationFile: false);
        var cache = new CorpusCache(folder.File("cache"));
        Assert.AreEqual(40, Read(folder, cache).Train.Corpus.Count);

        var limits = new CorpusLimits { MaxDocuments = 20, MinLabelFrequency = 2 };
        var other = TextDataset.Read(CorpusDirectory.Open(folder.Path), "auto", limits, 4, cache);
        Assert.AreEqual(20, other.Train.Corpus.Count);

        File.SetLastWriteTimeUtc(folder.File("train.txt"), Noon.AddSeconds(1));
        File.AppendAllText(folder.File("train.txt"), "x\ta b\n");
        Assert.AreEqual(41, Read(folder, cache).Train.Corpus.Count);
    }

    [TestMethod]
    [DataRow("words")]
    [DataRow("labels")]
    [DataRow("contents")]
    [DataRow("0.words")]
    [DataRow("0.labels")]
    [DataRow("1.counts")]
    public void Read_DamagedEntry_ParsesAgain(string name)
    {
        using var folder = Data(hasValidationFile: false);
        var parsed = Read(folder, null);
        foreach (var length in new[] { 0, 4, -4 })
        {
            var cache = new CorpusCache(folder.File("cache"));
            Read(folder, cache);
            var file = Directory.GetFiles(folder.File("cache"), name, SearchOption.AllDirectories).Single();

            // The old file stays mapped.
            var bytes = File.ReadAllBytes(file);
            File.Delete(file);
            File.WriteAllBytes(file, length < 0 ? bytes[..^-length] : bytes[..length]);

            AssertSame(parsed, Read(folder, cache));
        }
    }

    [TestMethod]
    [DataRow("words")]
    [DataRow("1.words")]
    [DataRow("contents")]
    public void Read_EntryWithoutAFile_ParsesAgain(string name)
    {
        using var folder = Data(hasValidationFile: false);
        var parsed = Read(folder, null);
        var cache = new CorpusCache(folder.File("cache"));
        Read(folder, cache);
        File.Delete(Directory.GetFiles(folder.File("cache"), name, SearchOption.AllDirectories).Single());

        AssertSame(parsed, Read(folder, cache));
    }

    [TestMethod]
    public void GetOrAdd_AnotherFirstRunStoresTheSame_UsesItsEntry()
    {
        using var folder = Data(hasValidationFile: false);
        var parsed = Read(folder, null);
        var made = (parsed.Vocabulary, new[] { parsed.Train.Corpus, parsed.Test.Corpus });
        var files = CorpusDirectory.Open(folder.Path);
        var cache = new CorpusCache(folder.File("cache"));

        var (vocabulary, corpora) = cache.GetOrAdd(files, "auto", Limits, () =>
        {
            cache.GetOrAdd(files, "auto", Limits, () => made);
            return made;
        });

        Assert.AreEqual(parsed.Vocabulary.Fingerprint, vocabulary.Fingerprint);
        Assert.HasCount(2, corpora);
        Assert.HasCount(1, Directory.GetDirectories(folder.File("cache")), "no unfinished entry is left");
    }

    private static TemporaryFolder Data(bool hasValidationFile)
    {
        var folder = new TemporaryFolder();
        Write(folder, "train.txt", string.Concat(Enumerable.Range(0, 40).Select(i => $"l{i % 3} l{i % 5}\tw{i % 7} w{i % 4} w{i}\n")));
        Write(folder, "test.txt", "l1 rare\tw1 w2 unseen\nl2\tw3\n");
        if (hasValidationFile)
        {
            Write(folder, "valid.txt", "l0\tw1\nl4\tw0 w2\nl1\tw1\n");
        }

        return folder;
    }

    private static void Write(TemporaryFolder folder, string name, string text)
    {
        File.WriteAllText(folder.File(name), text);
        File.SetLastWriteTimeUtc(folder.File(name), Noon);
    }

    private static TextDataset Read(TemporaryFolder folder, CorpusCache? cache) =>
        TextDataset.Read(CorpusDirectory.Open(folder.Path), "auto", Limits, validationDocuments: 2, cache);

    private static void AssertSame(TextDataset expected, TextDataset actual)
    {
        Assert.AreEqual(expected.Vocabulary.Fingerprint, actual.Vocabulary.Fingerprint);
        AssertSame(expected.Train, actual.Train);
        AssertSame(expected.Validation, actual.Validation);
        AssertSame(expected.Test, actual.Test);
    }

    private static void AssertSame(Documents expected, Documents actual)
    {
        CollectionAssert.AreEqual(expected.Indices, actual.Indices);
        foreach (var document in expected.Indices)
        {
            CollectionAssert.AreEqual(expected.Corpus.Words[document].ToArray(), actual.Corpus.Words[document].ToArray());
            CollectionAssert.AreEqual(expected.Corpus.Labels[document].ToArray(), actual.Corpus.Labels[document].ToArray());
            Assert.AreEqual(expected.Corpus.TrueLabels(document), actual.Corpus.TrueLabels(document));
        }
    }
}
