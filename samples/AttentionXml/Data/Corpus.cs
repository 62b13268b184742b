namespace AttentionXml.Data;

/// <summary>Documents as numbers.</summary>
internal sealed class Corpus
{
    private readonly List<int> _trueLabels = [];

    /// <summary>Gets the words of every document, at least one.</summary>
    public RaggedInts Words { get; } = new();

    /// <summary>Gets the labels of every document, limited to the vocabulary.</summary>
    public RaggedInts Labels { get; } = new();

    public int Count => Words.Count;

    /// <summary>Returns the number of labels of a document, including those outside the vocabulary: metrics use all of them.</summary>
    public int TrueLabels(int document) => _trueLabels[document];

    /// <summary>Adds a document.</summary>
    /// <param name="words">Its words.</param>
    /// <param name="labels">Its labels.</param>
    /// <param name="trueLabels">Its total number of labels.</param>
    public void Add(ReadOnlySpan<int> words, ReadOnlySpan<int> labels, int trueLabels)
    {
        Words.Add(words.IsEmpty ? [Vocabulary.Unknown] : words);
        Labels.Add(labels);
        _trueLabels.Add(trueLabels);
    }
}
