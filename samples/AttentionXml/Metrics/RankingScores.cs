namespace AttentionXml.Metrics;

/// <summary>The metrics of a ranking of labels, each from 0 to 1; see <see cref="RankingMetrics"/>.</summary>
/// <remarks>Those by propensity are 0 without propensities.</remarks>
internal readonly record struct RankingScores(
    double PrecisionAt1,
    double PrecisionAt3,
    double PrecisionAt5,
    double NdcgAt5,
    double PropensityScoredAt1 = 0,
    double PropensityScoredAt3 = 0,
    double PropensityScoredAt5 = 0);
