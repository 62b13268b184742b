namespace Fulgurite.Metrics;

/// <summary>
/// The number of correct labels among the first k, divided by k, also for items with fewer labels; the mean over items.
/// </summary>
/// <param name="k">The number of evaluated ranks.</param>
public sealed class PrecisionAtK(int k) : RankingMetric(k)
{
    private protected override void Add(ReadOnlySpan<int> ranked, ReadOnlySpan<int> labels, int labelCount)
    {
        var correct = 0;
        foreach (var label in ranked)
        {
            correct += labels.Contains(label) ? 1 : 0;
        }

        Sums[0] += (double)correct / K;
        Sums[1]++;
    }
}

/// <summary>
/// The sum of 1/log2(rank + 1) over the ranks of correct labels among the first k, divided by that of a perfect ranking; the mean over
/// items. An item without labels counts as 0.
/// </summary>
/// <param name="k">The number of evaluated ranks.</param>
public sealed class NdcgAtK(int k) : RankingMetric(k)
{
    private protected override void Add(ReadOnlySpan<int> ranked, ReadOnlySpan<int> labels, int labelCount)
    {
        double gain = 0, perfect = 0;
        for (var rank = 0; rank < K; rank++)
        {
            var discount = 1 / Math.Log2(rank + 2);
            gain += rank < ranked.Length && labels.Contains(ranked[rank]) ? discount : 0;
            perfect += rank < labelCount ? discount : 0;
        }

        Sums[0] += perfect == 0 ? 0 : gain / perfect;
        Sums[1]++;
    }
}
