using AttentionXml.Data;

namespace Fulgurite.Bench.Xml.Baselines;

/// <summary>
/// Documents as sparse rows of length 1: the number of times of each word, weighted by
/// ln((1 + documents) / (1 + documents with the word)) + 1.
/// </summary>
internal sealed class TfIdf
{
    private readonly int[] _starts, _words;
    private readonly float[] _values;

    private TfIdf(int[] starts, int[] words, float[] values) => (_starts, _words, _values) = (starts, words, values);

    /// <summary>Gets the number of documents.</summary>
    public int Count => _starts.Length - 1;

    /// <summary>Returns the words of a document, each once, by their number.</summary>
    public ReadOnlySpan<int> Words(int row) => _words.AsSpan(_starts[row].._starts[row + 1]);

    /// <summary>Returns the weights of <see cref="Words"/>.</summary>
    public ReadOnlySpan<float> Values(int row) => _values.AsSpan(_starts[row].._starts[row + 1]);

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
        var (starts, words, values) = (new List<int> { 0 }, new List<int>(), new List<float>());
        foreach (var document in documents.Indices)
        {
            var counts = documents.Corpus.Words[document].ToArray()
                .Where(word => weights[word] > 0)
                .CountBy(word => word)
                .Select(pair => (Word: pair.Key, Value: pair.Value * weights[pair.Key]))
                .OrderBy(pair => pair.Word)
                .ToArray();
            var norm = (float)Math.Sqrt(counts.Sum(pair => (double)pair.Value * pair.Value));
            words.AddRange(counts.Select(pair => pair.Word));
            values.AddRange(counts.Select(pair => pair.Value / norm));
            starts.Add(words.Count);
        }

        return new TfIdf([.. starts], [.. words], [.. values]);
    }
}
