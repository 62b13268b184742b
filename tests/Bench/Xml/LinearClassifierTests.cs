using AttentionXml.Data;
using AttentionXml.Metrics;
using Fulgurite.Bench.Xml.Baselines;

namespace Fulgurite.Tests.Bench.Xml;

[TestClass]
public sealed class LinearClassifierTests
{
    private const int Words = 30, Labels = 4;

    private static readonly NameTable WordNames = new(
        Enumerable.Range(0, Words - Vocabulary.FirstWord).Select(i => $"w{i}"), Vocabulary.FirstWord);

    [TestMethod]
    [DataRow(0.1)]
    [DataRow(1)]
    public void Train_ConvergedProblem_HasAZeroGradient(double cost)
    {
        var documents = Convert(Generate(24, seed: 1));
        int[] positives = [.. Enumerable.Range(0, 8).Select(i => 3 * i)];
        var classifier = new LinearClassifier(documents, Words, cost, tolerance: 1e-9);
        classifier.Train(positives);

        // The primal problem: the weights are the sum of documents times their violations, and the bias alike.
        var expected = new double[Words + 1];
        for (var row = 0; row < documents.Count; row++)
        {
            var sign = positives.Contains(row) ? 1 : -1;
            var violation = Math.Max(0, 1 - (sign * classifier.Score(documents, row)));
            for (var i = 0; i < documents.Words(row).Length; i++)
            {
                expected[documents.Words(row)[i]] += 2 * cost * sign * violation * documents.Values(row)[i];
            }

            expected[Words] += 2 * cost * sign * violation;
        }

        for (var row = 0; row < documents.Count; row++)
        {
            var score = expected[Words];
            for (var i = 0; i < documents.Words(row).Length; i++)
            {
                score += expected[documents.Words(row)[i]] * documents.Values(row)[i];
            }

            Assert.AreEqual(score, classifier.Score(documents, row), 1e-6);
        }

        Assert.IsLessThan(1000, classifier.Iterations);
    }

    [TestMethod]
    public void Train_AnotherLabelBefore_ChangesNothing()
    {
        var documents = Convert(Generate(120, seed: 1));
        int[] positives = [.. Enumerable.Range(0, 40).Select(i => 3 * i)];
        var (fresh, used) = (Create(), Create());
        fresh.Train(positives);
        used.Train([1, 2, 4, 60, 119]);
        used.Train(positives);

        for (var row = 0; row < documents.Count; row++)
        {
            Assert.AreEqual(fresh.Score(documents, row), used.Score(documents, row));
        }

        LinearClassifier Create() => new(documents, Words, cost: 1, tolerance: 1e-3);
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(3)]
    public void Run_AWordForEachLabel_FindsTheLabels(int threads)
    {
        var corpus = Generate(200, seed: 1);
        var test = Generate(50, seed: 2);
        var data = new TextDataset(
            new Vocabulary(WordNames, new NameTable(Enumerable.Range(0, Labels).Select(i => $"l{i}"), 0)),
            Documents.All(corpus), Documents.All(test), Documents.All(test));
        var settings = new BaselineSettings([], [], [], [], Cost: 1, Tolerance: 0.1, threads, "unused");

        var (scores, iterations) = LinearBaseline.Run(data, settings, [.. Enumerable.Repeat(1.0, Labels)]);

        Assert.AreEqual(1, scores.PrecisionAt1);
        Assert.IsLessThan(0.5, PopularityBaseline.Score(data.Test, data.Vocabulary).PrecisionAt1);
        Assert.IsGreaterThanOrEqualTo(1, iterations);
    }

    [TestMethod]
    public void Weights_RareWord_WeighsMoreAndRowsHaveLengthOne()
    {
        var corpus = Generate(200, seed: 1);
        var weights = TfIdf.Weights(Documents.All(corpus), Words);
        var documents = TfIdf.Create(Documents.All(corpus), weights);

        Assert.AreEqual(0, weights[Vocabulary.Padding]);
        Assert.AreEqual(0, weights[Vocabulary.Unknown]);

        // In every document: ln(1) + 1.
        Assert.AreEqual(1, weights[Vocabulary.FirstWord], 1e-6);
        Assert.IsGreaterThan(1, weights[Vocabulary.FirstWord + 1]);
        for (var row = 0; row < documents.Count; row++)
        {
            Assert.AreEqual(1, documents.Values(row).ToArray().Sum(value => (double)value * value), 1e-5);
        }
    }

    private static TfIdf Convert(Corpus corpus) => TfIdf.Create(Documents.All(corpus), TfIdf.Weights(Documents.All(corpus), Words));

    /// <summary>Documents with one label, a word for it, a word that all have, and other words at random.</summary>
    private static Corpus Generate(int count, int seed)
    {
        var corpus = new Corpus();
        var random = new Random(seed);
        for (var i = 0; i < count; i++)
        {
            var label = random.Next(Labels);
            const int Common = Vocabulary.FirstWord;
            corpus.Add([Common, Common + 1 + label, random.Next(10, Words), random.Next(10, Words)], [label], 1);
        }

        return corpus;
    }
}
