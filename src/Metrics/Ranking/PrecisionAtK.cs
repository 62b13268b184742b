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

/// <summary>
/// P@k with each correct label divided by its propensity, which gives rare labels more weight (Jain, Prabhu and Varma, 2016), in relation
/// to the highest possible sum: sum over items of the ranking / sum over items of a perfect ranking.
/// </summary>
public sealed class PropensityScoredPrecisionAtK : RankingMetric
{
    private readonly double[] _propensities;

    /// <summary>Initializes a metric.</summary>
    /// <param name="k">The number of evaluated ranks.</param>
    /// <param name="propensities">The propensity of each label, above 0 and at most 1; see <see cref="Propensities"/>.</param>
    /// <exception cref="ArgumentException">A propensity is out of range.</exception>
    public PropensityScoredPrecisionAtK(int k, IEnumerable<double> propensities)
        : base(k)
    {
        ArgumentNullException.ThrowIfNull(propensities);
        _propensities = [.. propensities];
        if (Array.FindIndex(_propensities, propensity => propensity is not (> 0 and <= 1)) is >= 0 and var wrong)
        {
            throw new ArgumentException(
                $"The propensity of label {wrong} is {_propensities[wrong]}. Expected a number above 0 and at most 1.",
                nameof(propensities));
        }
    }

    /// <summary>Returns the propensities of labels by their frequency in the training data.</summary>
    /// <param name="counts">The number of training items of each label.</param>
    /// <param name="items">The number of training items, at least 3.</param>
    /// <param name="a">The parameter A of the model. Default: 0.55. The paper has others for Wikipedia (0.5) and Amazon (0.6).</param>
    /// <param name="b">The parameter B of the model. Default: 1.5. The paper has others for Wikipedia (0.4) and Amazon (2.6).</param>
    public static double[] Propensities(IEnumerable<long> counts, long items, double a = 0.55, double b = 1.5)
    {
        ArgumentNullException.ThrowIfNull(counts);
        ArgumentOutOfRangeException.ThrowIfLessThan(items, 3);
        var c = (Math.Log(items) - 1) * Math.Pow(b + 1, a);
        return [.. counts.Select(count => 1 / (1 + (c * Math.Pow(count + b, -a))))];
    }

    private protected override void Add(ReadOnlySpan<int> ranked, ReadOnlySpan<int> labels, int labelCount)
    {
        foreach (var label in ranked)
        {
            Sums[0] += labels.Contains(label) ? 1 / _propensities[label] : 0;
        }

        var best = new double[labels.Length];
        for (var index = 0; index < best.Length; index++)
        {
            best[index] = 1 / _propensities[labels[index]];
        }

        Array.Sort(best);
        Sums[1] += best.TakeLast(K).Sum();
    }
}
