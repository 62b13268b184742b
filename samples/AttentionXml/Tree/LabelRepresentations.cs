using AttentionXml.Data;

namespace AttentionXml.Tree;

/// <summary>
/// The representations of labels for clustering: the normalized sum of the tf-idf vectors of the training documents with the label, as
/// sparse rows. A label without documents has an empty row.
/// </summary>
internal sealed class LabelRepresentations
{
    private readonly int[][] _words;
    private readonly float[][] _weights;

    private LabelRepresentations(int dimension, int[][] words, float[][] weights) =>
        (Dimension, _words, _weights) = (dimension, words, weights);

    /// <summary>Gets the number of words.</summary>
    public int Dimension { get; }

    /// <summary>Gets the number of labels.</summary>
    public int Count => _words.Length;

    /// <summary>Returns the words of a label with a weight.</summary>
    public ReadOnlySpan<int> Words(int label) => _words[label];

    /// <summary>Returns the weights of <see cref="Words"/>.</summary>
    public ReadOnlySpan<float> Weights(int label) => _weights[label];

    /// <summary>Computes the representations.</summary>
    /// <param name="documents">The training documents.</param>
    /// <param name="words">The number of words in the vocabulary.</param>
    /// <param name="labels">The number of labels.</param>
    public static LabelRepresentations Create(Documents documents, int words, int labels)
    {
        var corpus = documents.Corpus;
        var inverseFrequency = InverseFrequencies.Of(documents, words, document => corpus.Words[document]);
        inverseFrequency[Vocabulary.Unknown] = 0;
        var ofLabel = Invert(documents, labels);
        var (rows, weights) = (new int[labels][], new float[labels][]);
        Parallel.For(
            0,
            labels,
            () => new SparseSum(words),
            (label, _, sum) =>
            {
                foreach (var document in ofLabel[label])
                {
                    var norm = 0.0;
                    var text = corpus.Words[document];
                    foreach (var word in text)
                    {
                        norm += inverseFrequency[word] * inverseFrequency[word];
                    }

                    var scale = norm == 0 ? 0 : (float)(1 / Math.Sqrt(norm));
                    foreach (var word in text)
                    {
                        sum.Add(word, inverseFrequency[word] * scale);
                    }
                }

                (rows[label], weights[label]) = sum.TakeNormalized();
                return sum;
            },
            _ => { });
        return new LabelRepresentations(words, rows, weights);
    }

    private static int[][] Invert(Documents documents, int labels)
    {
        var counts = new int[labels];
        foreach (var document in documents.Indices)
        {
            foreach (var label in documents.Corpus.Labels[document])
            {
                counts[label]++;
            }
        }

        var result = Array.ConvertAll(counts, count => new int[count]);
        foreach (var document in documents.Indices)
        {
            foreach (var label in documents.Corpus.Labels[document])
            {
                result[label][^counts[label]--] = document;
            }
        }

        return result;
    }
}
