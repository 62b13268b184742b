namespace AttentionXml.Data;

/// <summary>What words and labels are numbered by. Word 0 pads, word 1 stands for every word that is not kept.</summary>
internal sealed record Vocabulary(NameTable Words, NameTable Labels)
{
    public const int Padding = 0, Unknown = 1, FirstWord = 2;
}
