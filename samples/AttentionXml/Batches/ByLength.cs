using AttentionXml.Data;

namespace AttentionXml.Batches;

/// <summary>Orders documents by their number of words; documents of equal length keep their order.</summary>
internal static class ByLength
{
    public static void Sort(Corpus corpus, Span<int> documents)
    {
        // Span.Sort is not stable; the original index as the second key makes it so.
        var keys = new long[documents.Length];
        for (var i = 0; i < keys.Length; i++)
        {
            keys[i] = ((long)corpus.Words[documents[i]].Length << 32) | (uint)i;
        }

        keys.AsSpan().Sort(documents);
    }
}
