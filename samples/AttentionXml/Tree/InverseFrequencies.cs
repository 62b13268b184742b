using AttentionXml.Data;

namespace AttentionXml.Tree;

/// <summary>Inverse document frequencies.</summary>
internal static class InverseFrequencies
{
    public delegate ReadOnlySpan<int> ItemsOf(int document);

    /// <summary>Returns ln(1 + documents / documents with the item); 0 for an item without documents.</summary>
    /// <param name="documents">The documents.</param>
    /// <param name="count">The number of items.</param>
    /// <param name="itemsOf">Returns the items of a document.</param>
    public static float[] Of(Documents documents, int count, ItemsOf itemsOf)
    {
        var frequency = new int[count];
        var last = new int[count];
        for (var i = 0; i < documents.Count; i++)
        {
            foreach (var item in itemsOf(documents.Indices[i]))
            {
                if (last[item] != i + 1)
                {
                    (last[item], frequency[item]) = (i + 1, frequency[item] + 1);
                }
            }
        }

        return Array.ConvertAll(frequency, n => n == 0 ? 0 : (float)Math.Log(1 + ((double)documents.Count / n)));
    }
}
