namespace AttentionXml.Data;

/// <summary>Documents as numbers.</summary>
internal sealed class Corpus
{
    private readonly List<int> _trueLabels = [];

    public Corpus()
        : this(new RaggedInts(), new RaggedInts(), [])
    {
    }

    /// <param name="words">The words of every document, at least one.</param>
    /// <param name="labels">The labels of every document, limited to the vocabulary.</param>
    /// <param name="trueLabels">The total number of labels of every document.</param>
    public Corpus(RaggedInts words, RaggedInts labels, IEnumerable<int> trueLabels) =>
        (Words, Labels, _trueLabels) = (words, labels, [.. trueLabels]);

    /// <summary>Gets the words of every document, at least one.</summary>
    public RaggedInts Words { get; }

    /// <summary>Gets the labels of every document, limited to the vocabulary.</summary>
    public RaggedInts Labels { get; }

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
