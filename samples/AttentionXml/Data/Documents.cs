namespace AttentionXml.Data;

/// <summary>A selection of a corpus, in order.</summary>
internal sealed record Documents(Corpus Corpus, int[] Indices)
{
    public int Count => Indices.Length;

    public static Documents All(Corpus corpus) => new(corpus, [.. Enumerable.Range(0, corpus.Count)]);
}
