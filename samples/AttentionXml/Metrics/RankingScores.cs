namespace AttentionXml.Metrics;

/// <summary>The four metrics of a ranking of labels, each from 0 to 1; see <see cref="RankingMetrics"/>.</summary>
internal readonly record struct RankingScores(double PrecisionAt1, double PrecisionAt3, double PrecisionAt5, double NdcgAt5);
