using AttentionXml.Data;

namespace AttentionXml.Batches;

/// <summary>Orders documents by the number of their words, those of equal length as the caller had them.</summary>
internal static class ByLength
{
    public static void Sort(Corpus corpus, Span<int> documents)
    {
        // Span.Sort is not stable; the place before sorting as the second key makes it so.
        var keys = new long[documents.Length];
        for (var i = 0; i < keys.Length; i++)
        {
            keys[i] = ((long)corpus.Words[documents[i]].Length << 32) | (uint)i;
        }

        keys.AsSpan().Sort(documents);
    }
}
