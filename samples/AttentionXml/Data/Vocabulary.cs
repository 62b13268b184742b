namespace AttentionXml.Data;

/// <summary>The numbering of words and labels. Word 0 is padding, word 1 represents every unknown word.</summary>
internal sealed record Vocabulary(NameTable Words, NameTable Labels)
{
    public const int Padding = 0, Unknown = 1, FirstWord = 2;

    /// <summary>Gets a text that is equal for two vocabularies if they have the same numbering.</summary>
    public string Fingerprint { get; } = $"{Words.Hash():x16}{Labels.Hash():x16}";
}
