namespace AttentionXml.Metrics;

/// <summary>
/// P@1, P@3, P@5 and nDCG@5 over documents that are added one by one, each with its five highest-ranked labels.
/// <list type="bullet">
/// <item>P@k of a document is the number of correct labels among the first k, divided by k, also for fewer than k labels; a perfect
/// ranking can therefore be below 1.</item>
/// <item>nDCG@5 is the sum of 1/log2(rank + 1) over the ranks of correct labels, divided by the same sum for a perfect ranking, which has
/// correct labels on the first min(5, labels of the document) ranks.</item>
/// <item>The labels of a document are all labels in the file. A label that is too rare to be predicted counts as missed; a document with
/// only such labels counts as 0. Documents without labels must not be added.</item>
/// <item>Each metric is the mean over documents.</item>
/// </list>
/// </summary>
internal sealed class RankingMetrics
{
    /// <summary>The number of evaluated ranks.</summary>
    public const int Depth = 5;

    private static readonly double[] Discount = [.. Enumerable.Range(1, Depth).Select(rank => 1 / Math.Log2(rank + 1))];

    private readonly double[] _rightAtRank = new double[Depth];
    private double _gain;

    public long Documents { get; private set; }

    /// <summary>Adds one document.</summary>
    /// <param name="ranked">The highest-ranked labels, at most <see cref="Depth"/>, best first.</param>
    /// <param name="labels">Its predictable labels.</param>
    /// <param name="trueLabels">Its total number of labels, at least 1.</param>
    public void Add(ReadOnlySpan<int> ranked, ReadOnlySpan<int> labels, int trueLabels)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(trueLabels, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(trueLabels, labels.Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(ranked.Length, Depth, nameof(ranked));
        double gain = 0, perfect = 0;
        for (var rank = 0; rank < ranked.Length; rank++)
        {
            if (labels.Contains(ranked[rank]))
            {
                _rightAtRank[rank]++;
                gain += Discount[rank];
            }
        }

        for (var rank = 0; rank < Math.Min(Depth, trueLabels); rank++)
        {
            perfect += Discount[rank];
        }

        _gain += gain / perfect;
        Documents++;
    }

    /// <summary>Returns the means so far.</summary>
    public RankingScores Result() => new(Precision(1), Precision(3), Precision(5), Documents == 0 ? 0 : _gain / Documents);

    private double Precision(int k) => Documents == 0 ? 0 : _rightAtRank.Take(k).Sum() / k / Documents;
}
