namespace AttentionXml.Data;

/// <summary>What words and labels are numbered by. Word 0 pads, word 1 stands for every word that is not kept.</summary>
internal sealed record Vocabulary(NameTable Words, NameTable Labels)
{
    public const int Padding = 0, Unknown = 1, FirstWord = 2;

    /// <summary>The same for two vocabularies if they number the same words and labels alike.</summary>
    public string Fingerprint { get; } = $"{Words.Hash():x16}{Labels.Hash():x16}";
}
