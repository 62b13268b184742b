using AttentionXml.Data;

namespace Fulgurite.Bench.Xml.Baselines;

/// <summary>
/// Documents as sparse rows of length 1: the number of times of each word, weighted by ln((1 + documents) / (1 + documents with the word)) + 1.
/// </summary>
internal sealed class TfIdf
{
    private readonly int[][] _words;
    private readonly float[][] _values;

    private TfIdf(int[][] words, float[][] values) => (_words, _values) = (words, values);

    /// <summary>Gets the number of documents.</summary>
    public int Count => _words.Length;

    /// <summary>Returns the words of a document, each once, by their number.</summary>
    public ReadOnlySpan<int> Words(int row) => _words[row];

    /// <summary>Returns the weights of <see cref="Words"/>.</summary>
    public ReadOnlySpan<float> Values(int row) => _values[row];

    /// <summary>Returns the logarithmic weight of every word; 0 for padding and the unknown word.</summary>
    /// <param name="training">The training documents.</param>
    /// <param name="words">The number of words in the vocabulary.</param>
    public static float[] Weights(Documents training, int words)
    {
        var frequency = new int[words];
        foreach (var document in training.Indices)
        {
            foreach (var word in training.Corpus.Words[document].ToArray().Distinct())
            {
                frequency[word]++;
            }
        }

        var weights = Array.ConvertAll(frequency, count => (float)Math.Log((1.0 + training.Count) / (1 + count)) + 1);
        weights[Vocabulary.Padding] = weights[Vocabulary.Unknown] = 0;
        return weights;
    }

    /// <summary>Converts documents.</summary>
    /// <param name="documents">The documents.</param>
    /// <param name="weights">The weights of the words.</param>
    public static TfIdf Create(Documents documents, float[] weights)
    {
        var (words, values) = (new int[documents.Count][], new float[documents.Count][]);
        for (var row = 0; row < documents.Count; row++)
        {
            var counts = documents.Corpus.Words[documents.Indices[row]].ToArray()
                .Where(word => weights[word] > 0)
                .CountBy(word => word)
                .OrderBy(pair => pair.Key)
                .ToArray();
            words[row] = Array.ConvertAll(counts, pair => pair.Key);
            values[row] = Array.ConvertAll(counts, pair => pair.Value * weights[pair.Key]);
            var norm = (float)Math.Sqrt(values[row].Sum(value => (double)value * value));
            for (var i = 0; i < values[row].Length; i++)
            {
                values[row][i] /= norm;
            }
        }

        return new TfIdf(words, values);
    }
}
