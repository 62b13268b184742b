namespace AttentionXml.Data;

/// <summary>How much of a data set is used.</summary>
internal sealed class CorpusLimits
{
    /// <summary>The first words of a document that are used. Default 24.</summary>
    public int MaxTokens { get; set; } = 24;

    /// <summary>The most words that are kept, the most frequent ones. Default 100,000.</summary>
    public int MaxVocabulary { get; set; } = 100_000;

    /// <summary>A word is kept if the training file has it at least so often. Default 2.</summary>
    public int MinWordFrequency { get; set; } = 2;

    /// <summary>A label is predicted if at least so many training documents have it. Default 50.</summary>
    public int MinLabelFrequency { get; set; } = 50;

    /// <summary>The first documents of the training file that are used. Default: all.</summary>
    public int MaxDocuments { get; set; } = int.MaxValue;
}
