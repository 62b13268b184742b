using AttentionXml.Batches;
using AttentionXml.Data;
using AttentionXml.Tree;
using TorchSharp;

namespace Fulgurite.Tests.Samples.AttentionXml;

[TestClass]
public sealed class TrainingBatchesTests
{
    private const int Labels = 3;

    [TestMethod]
    public void GetBatches_Epoch_HasEveryDocumentOnceAndNoOther()
    {
        var documents = Some(103);
        var batches = Plan(new TrainingBatches(documents, TreeLevel.Flat(Labels), batchSize: 10, seed: 1), epoch: 4);

        Assert.HasCount(11, batches);
        CollectionAssert.AreEquivalent(documents.Indices, batches.SelectMany(batch => batch).ToArray());
    }

    [TestMethod]
    public void GetBatches_SameEpochTwice_IsTheSameAndAnotherEpochOrSeedIsNot()
    {
        var documents = Some(200);

        var first = Plan(new TrainingBatches(documents, TreeLevel.Flat(Labels), 10, seed: 1), epoch: 2);

        Assert.IsTrue(Same(first, Plan(new TrainingBatches(documents, TreeLevel.Flat(Labels), 10, seed: 1), epoch: 2)));
        Assert.IsFalse(Same(first, Plan(new TrainingBatches(documents, TreeLevel.Flat(Labels), 10, seed: 1), epoch: 3)));
        Assert.IsFalse(Same(first, Plan(new TrainingBatches(documents, TreeLevel.Flat(Labels), 10, seed: 2), epoch: 2)));
    }

    [TestMethod]
    public void GetBatches_Skip_GoesOnWhereTheWholeEpochWouldBe()
    {
        var batches = new TrainingBatches(Some(200), TreeLevel.Flat(Labels), 10, seed: 1);

        Assert.IsTrue(Same(Plan(batches, 2).Skip(7).ToList(), Plan(batches, 2, skip: 7)));
        Assert.AreEqual(20, batches.BatchCount);
    }

    [TestMethod]
    public void GetBatches_DocumentsOfAllLengths_AreHardlyPadded()
    {
        using var scope = torch.NewDisposeScope();
        var documents = Some(320);

        long cells = 0, words = 0;
        foreach (var batch in new TrainingBatches(documents, TreeLevel.Flat(Labels), 10, seed: 1).GetBatches(0, 0))
        {
            cells += batch.Words.numel();
            words += batch.Words.ne(0).sum().item<long>();
        }

        Assert.AreEqual(documents.Indices.Sum(i => documents.Corpus.Words[i].Length), words);
        Assert.IsLessThan(1.15 * words, cells);
    }

    [TestMethod]
    public void Create_Documents_PadsAtTheEndAndPlacesTheLabels()
    {
        using var scope = torch.NewDisposeScope();
        var corpus = new Corpus();
        corpus.Add([5, 6, 7], [2], 1);
        corpus.Add([8], [], 1);
        corpus.Add([9, 3], [0, 1], 4);

        var batch = TextBatch.Create(corpus, new[] { 2, 1, 0 }, TreeLevel.Flat(Labels));

        CollectionAssert.AreEqual(new long[] { 3, 3 }, batch.Words.shape);
        CollectionAssert.AreEqual(new long[] { 9, 3, 0, 8, 0, 0, 5, 6, 7 }, batch.Words.data<long>().ToArray());
        CollectionAssert.AreEqual(new long[] { 0, 1, 8 }, batch.TargetPlaces.data<long>().ToArray());
    }

    [TestMethod]
    public void EvaluationBatches_Enumerated_HasEveryDocumentOnceByLength()
    {
        using var scope = torch.NewDisposeScope();
        var documents = Some(35);

        var seen = new EvaluationBatches(documents, TreeLevel.Flat(Labels), 8).SelectMany(batch => batch.Documents.ToArray()).ToArray();

        CollectionAssert.AreEquivalent(documents.Indices, seen);
        var lengths = Array.ConvertAll(seen, i => documents.Corpus.Words[i].Length);
        CollectionAssert.AreEqual(lengths.Order().ToArray(), lengths);
    }

    private static Documents Some(int count)
    {
        var corpus = new Corpus();
        var random = new Random(7);
        for (var i = 0; i < count; i++)
        {
            corpus.Add([.. Enumerable.Repeat(2, random.Next(1, 30))], [i % Labels], 1);
        }

        return Documents.All(corpus);
    }

    private static List<int[]> Plan(TrainingBatches batches, int epoch, int skip = 0)
    {
        using var scope = torch.NewDisposeScope();
        return [.. batches.GetBatches(epoch, skip).Select(batch => batch.Documents.ToArray())];
    }

    private static bool Same(List<int[]> one, List<int[]> other) =>
        one.Count == other.Count && one.Zip(other).All(pair => pair.First.AsSpan().SequenceEqual(pair.Second));
}
