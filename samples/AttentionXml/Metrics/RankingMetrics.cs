using Fulgurite.Metrics;

namespace AttentionXml.Metrics;

/// <summary>
/// P@1, P@3, P@5, nDCG@5 and, with propensities, PSP@1, PSP@3 and PSP@5 over documents that are added one by one, each with its five
/// highest-ranked labels. The labels of a document are
/// all labels in the file: one that is too rare to be predicted counts as missed. Documents without labels must not be added.
/// </summary>
internal sealed class RankingMetrics
{
    /// <summary>The number of evaluated ranks.</summary>
    public const int Depth = 5;

    /// <param name="propensities">The propensities of the labels; null to omit PSP@k.</param>
    public RankingMetrics(double[]? propensities = null) => Metrics =
    [
        new PrecisionAtK(1), new PrecisionAtK(3), new PrecisionAtK(5), new NdcgAtK(Depth),
        .. propensities is null ? [] : new[] { 1, 3, 5 }.Select(k => new PropensityScoredPrecisionAtK(k, propensities)),
    ];

    public long Documents { get; private set; }

    /// <summary>Gets P@1, P@3, P@5, nDCG@5 and, with propensities, PSP@1, PSP@3 and PSP@5.</summary>
    public IReadOnlyList<RankingMetric> Metrics { get; }

    /// <summary>Adds one document.</summary>
    /// <param name="ranked">The highest-ranked labels, at most <see cref="Depth"/>, best first.</param>
    /// <param name="labels">Its predictable labels.</param>
    /// <param name="trueLabels">Its total number of labels, at least 1.</param>
    public void Add(ReadOnlySpan<int> ranked, ReadOnlySpan<int> labels, int trueLabels)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(trueLabels, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(trueLabels, labels.Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(ranked.Length, Depth, nameof(ranked));
        foreach (var metric in Metrics)
        {
            metric.Update(ranked, labels, trueLabels);
        }

        Documents++;
    }

    /// <summary>Returns the means so far.</summary>
    public RankingScores Result() => new(Value(0), Value(1), Value(2), Value(3), Value(4), Value(5), Value(6));

    private double Value(int index) => Documents == 0 || index >= Metrics.Count ? 0 : Metrics[index].Compute();
}
