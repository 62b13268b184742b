namespace AttentionXml.Data;

/// <summary>Limits on the used part of a data set.</summary>
internal sealed class CorpusLimits
{
    /// <summary>Gets or sets the maximum number of words of a document. Default: 24.</summary>
    public int MaxTokens { get; set; } = 24;

    /// <summary>Gets or sets the maximum size of the vocabulary; the most frequent words are kept. Default: 100,000.</summary>
    public int MaxVocabulary { get; set; } = 100_000;

    /// <summary>Gets or sets the minimum number of occurrences of a word in the training file. Default: 2.</summary>
    public int MinWordFrequency { get; set; } = 2;

    /// <summary>Gets or sets the minimum number of training documents with a label. Default: 50.</summary>
    public int MinLabelFrequency { get; set; } = 50;

    /// <summary>Gets or sets the maximum number of documents of the training file. Default: all.</summary>
    public int MaxDocuments { get; set; } = int.MaxValue;
}
