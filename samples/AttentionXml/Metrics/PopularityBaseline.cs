using AttentionXml.Data;

namespace AttentionXml.Metrics;

/// <summary>The ranking that every document gets from one who does not read it: the most frequent labels.</summary>
internal static class PopularityBaseline
{
    public static RankingScores Score(Documents documents, Vocabulary vocabulary)
    {
        // Labels are numbered by falling frequency.
        int[] ranked = [.. Enumerable.Range(0, Math.Min(RankingMetrics.Depth, vocabulary.Labels.Count))];
        var metrics = new RankingMetrics();
        foreach (var document in documents.Indices)
        {
            metrics.Add(ranked, documents.Corpus.Labels[document], documents.Corpus.TrueLabels(document));
        }

        return metrics.Result();
    }
}
