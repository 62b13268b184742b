namespace AttentionXml.Metrics;

/// <summary>The four numbers that a ranking of labels is judged by, each from 0 to 1; see <see cref="RankingMetrics"/>.</summary>
internal readonly record struct RankingScores(double PrecisionAt1, double PrecisionAt3, double PrecisionAt5, double NdcgAt5);
