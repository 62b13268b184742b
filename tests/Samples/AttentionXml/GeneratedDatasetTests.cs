using AttentionXml.Data;
using AttentionXml.Data.Generated;

namespace Fulgurite.Tests.Samples.AttentionXml;

[TestClass]
public sealed class GeneratedDatasetTests
{
    private static readonly DataShape Shape = new(
        Training: 3000, Test: 50, Words: 500, Labels: 200, LabelsPerDocument: 5.04, WordsPerDocument: 12);

    [TestMethod]
    public void Prepare_AnyShape_HasItsSizesAndAPowerLawOfLabels()
    {
        using var folder = new TemporaryFolder();
        GeneratedDataset.Prepare(folder.File("data"), Shape, _ => { });

        var limits = new CorpusLimits { MinLabelFrequency = 1, MaxTokens = 100 };
        var data = TextDataset.Read(CorpusDirectory.Open(folder.File("data")), "auto", limits, 100);

        Assert.AreEqual((3000, 50), (data.Train.Corpus.Count, data.Test.Corpus.Count));
        Assert.AreEqual(200, data.Vocabulary.Labels.Count);
        var labels = Enumerable.Range(0, 3000).SelectMany(document => data.Train.Corpus.Labels[document].ToArray()).ToArray();
        Assert.AreEqual(5.04, labels.Length / 3000.0, 0.1);
        var frequencies = labels.CountBy(label => label).Select(pair => pair.Value).OrderDescending().ToArray();
        Assert.IsGreaterThan(15.0, (double)frequencies[0] / frequencies[100]);
    }

    [TestMethod]
    public void Prepare_Again_WritesTheSameBytes()
    {
        using var folder = new TemporaryFolder();
        var said = new List<string>();
        GeneratedDataset.Prepare(folder.File("a"), Shape, said.Add);
        GeneratedDataset.Prepare(folder.File("b"), Shape, said.Add);
        GeneratedDataset.Prepare(folder.File("b"), Shape with { Words = 9 }, said.Add);

        Assert.HasCount(2, said);
        foreach (var file in new[] { "train.txt", "test.txt" })
        {
            CollectionAssert.AreEqual(File.ReadAllBytes(folder.File($"a/{file}")), File.ReadAllBytes(folder.File($"b/{file}")));
        }
    }
}
