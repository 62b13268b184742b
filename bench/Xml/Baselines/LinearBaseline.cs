using AttentionXml.Data;
using AttentionXml.Metrics;

namespace Fulgurite.Bench.Xml.Baselines;

/// <summary>
/// One linear classifier for each label on tf-idf, in parallel over labels. Only the best labels of each document are kept.
/// </summary>
internal static class LinearBaseline
{
    /// <summary>Trains every label and ranks the labels of the test documents.</summary>
    /// <param name="data">The documents.</param>
    /// <param name="settings">The cost, the tolerance and the number of threads.</param>
    /// <param name="propensities">The propensities of the labels.</param>
    /// <returns>The scores, and the mean number of passes of a label.</returns>
    public static (RankingScores Scores, double Iterations) Run(TextDataset data, BaselineSettings settings, double[] propensities)
    {
        var words = data.Vocabulary.Words.Count;
        var labels = data.Vocabulary.Labels.Count;
        var weights = TfIdf.Weights(data.Train, words);
        var (training, test) = (TfIdf.Create(data.Train, weights), TfIdf.Create(data.Test, weights));
        var rows = RowsOfLabels(data.Train, labels);
        var best = new Best(test.Count);
        var (gate, iterations, done) = (new Lock(), 0L, 0);
        Parallel.For(
            0,
            labels,
            new ParallelOptions { MaxDegreeOfParallelism = settings.Threads },
            () => (
                Classifier: new LinearClassifier(training, words, settings.Cost, settings.Tolerance),
                Best: new Best(test.Count),
                Iterations: 0L),
            (label, _, worker) =>
            {
                worker.Classifier.Train(rows[label]);
                for (var row = 0; row < test.Count; row++)
                {
                    worker.Best.Add(row, label, worker.Classifier.Score(test, row));
                }

                if (Interlocked.Increment(ref done) is var count && count % 1000 == 0)
                {
                    Console.Error.WriteLine($"{count:N0} of {labels:N0} labels");
                }

                return worker with { Iterations = worker.Iterations + worker.Classifier.Iterations };
            },
            worker =>
            {
                lock (gate)
                {
                    best.Add(worker.Best);
                    iterations += worker.Iterations;
                }
            });

        var metrics = new RankingMetrics(propensities);
        for (var row = 0; row < test.Count; row++)
        {
            var document = data.Test.Indices[row];
            metrics.Add(best.Labels(row), data.Test.Corpus.Labels[document], data.Test.Corpus.TrueLabels(document));
        }

        return (metrics.Result(), (double)iterations / labels);
    }

    private static int[][] RowsOfLabels(Documents documents, int labels)
    {
        var rows = Enumerable.Range(0, labels).Select(_ => new List<int>()).ToArray();
        for (var row = 0; row < documents.Count; row++)
        {
            foreach (var label in documents.Corpus.Labels[documents.Indices[row]])
            {
                rows[label].Add(row);
            }
        }

        return Array.ConvertAll(rows, list => list.ToArray());
    }

    /// <summary>The best labels of each document; of equal scores, the lower number.</summary>
    private sealed class Best(int documents)
    {
        private readonly (double Score, int Label)[] _entries =
            [.. Enumerable.Repeat((double.NegativeInfinity, int.MaxValue), documents * RankingMetrics.Depth)];

        public int[] Labels(int row) =>
        [
            .. _entries.Skip(row * RankingMetrics.Depth).Take(RankingMetrics.Depth).Select(entry => entry.Label)
                .Where(label => label < int.MaxValue),
        ];

        public void Add(int row, int label, double score)
        {
            var entries = _entries.AsSpan(row * RankingMetrics.Depth, RankingMetrics.Depth);
            var place = entries.Length;
            while (place > 0 && (score, -label).CompareTo((entries[place - 1].Score, -entries[place - 1].Label)) > 0)
            {
                place--;
            }

            if (place < entries.Length)
            {
                entries[place..^1].CopyTo(entries[(place + 1)..]);
                entries[place] = (score, label);
            }
        }

        public void Add(Best other)
        {
            for (var i = 0; i < _entries.Length; i++)
            {
                if (other._entries[i].Label < int.MaxValue)
                {
                    Add(i / RankingMetrics.Depth, other._entries[i].Label, other._entries[i].Score);
                }
            }
        }
    }
}
