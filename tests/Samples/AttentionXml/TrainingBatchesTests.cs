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

    [TestMethod]
    [DataRow(101, 10)]
    [DataRow(103, 10)]
    [DataRow(30, 3)]
    public void Share_ThreeProcesses_HaveTheBatchesOfOneTogetherWithTheirWeights(int count, int batchSize)
    {
        const int Processes = 3;
        var whole = new TrainingBatches(Some(count), TreeLevel.Flat(Labels), batchSize, seed: 1);
        var parts = Enumerable.Range(0, Processes).Select(rank => whole.Share(new BatchPart(rank, Processes, Evaluates: false))).ToArray();

        var batches = Plan(whole, epoch: 2);
        var own = Array.ConvertAll(parts, part => Plan((TrainingBatches)part, epoch: 2));
        for (var batch = 0; batch < batches.Count; batch++)
        {
            // A process that has no document repeats one without weight.
            var documents = Enumerable.Range(0, Processes)
                .SelectMany(rank => own[rank][batch].Take(parts[rank].WeightOf(batch) == 0 ? 0 : int.MaxValue)).ToArray();
            CollectionAssert.AreEquivalent(batches[batch], documents, $"batch {batch}");
            for (var rank = 0; rank < Processes; rank++)
            {
                Assert.IsNotEmpty(own[rank][batch]);
                var expected = parts[rank].WeightOf(batch) == 0 ? 0 : (double)own[rank][batch].Length * Processes / batches[batch].Length;
                Assert.AreEqual(expected, parts[rank].WeightOf(batch), 1e-12);
            }
        }
    }

    [TestMethod]
    public void Share_MoreProcessesThanDocumentsInABatch_IsRefused() => Assert.Contains(
        "--batch-size",
        Assert.ThrowsExactly<ArgumentException>(
            () => new TrainingBatches(Some(50), TreeLevel.Flat(Labels), 2, seed: 1).Share(new BatchPart(0, 3, Evaluates: false))).Message);

    [TestMethod]
    public void Share_Evaluation_HasEveryDocumentInOneProcess()
    {
        using var scope = torch.NewDisposeScope();
        var documents = Some(35);
        var whole = new EvaluationBatches(documents, TreeLevel.Flat(Labels), 8);

        var seen = Enumerable.Range(0, 3)
            .SelectMany(rank => whole.Share(new BatchPart(rank, 3, Evaluates: true)))
            .SelectMany(batch => batch.Documents.ToArray());

        CollectionAssert.AreEquivalent(documents.Indices, seen.ToArray());
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
