namespace AttentionXml.Data;

/// <summary>Documents as numbers.</summary>
internal sealed class Corpus
{
    private readonly List<int> _trueLabels = [];

    /// <summary>The words of every document, at least one.</summary>
    public RaggedInts Words { get; } = new();

    /// <summary>The labels of every document that the vocabulary has.</summary>
    public RaggedInts Labels { get; } = new();

    public int Count => Words.Count;

    /// <summary>How many labels a document has, the ones that the vocabulary lacks included: a model is judged by all.</summary>
    public int TrueLabels(int document) => _trueLabels[document];

    /// <summary>Adds a document.</summary>
    /// <param name="words">Its words.</param>
    /// <param name="labels">Its labels.</param>
    /// <param name="trueLabels">How many labels it has in truth.</param>
    public void Add(ReadOnlySpan<int> words, ReadOnlySpan<int> labels, int trueLabels)
    {
        Words.Add(words.IsEmpty ? [Vocabulary.Unknown] : words);
        Labels.Add(labels);
        _trueLabels.Add(trueLabels);
    }
}
