using AttentionXml.Data;

namespace AttentionXml.Metrics;

/// <summary>The same ranking for every document: the most frequent labels.</summary>
internal static class PopularityBaseline
{
    public static RankingScores Score(Documents documents, Vocabulary vocabulary, double[]? propensities = null)
    {
        // Labels are numbered by decreasing frequency.
        int[] ranked = [.. Enumerable.Range(0, Math.Min(RankingMetrics.Depth, vocabulary.Labels.Count))];
        var metrics = new RankingMetrics(propensities);
        foreach (var document in documents.Indices)
        {
            metrics.Add(ranked, documents.Corpus.Labels[document], documents.Corpus.TrueLabels(document));
        }

        return metrics.Result();
    }
}
