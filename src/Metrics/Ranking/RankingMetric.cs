namespace Fulgurite.Metrics;

/// <summary>The base class of metrics of the first k labels of a ranking, for items with several labels.</summary>
public abstract class RankingMetric : Metric
{
    private protected RankingMetric(int k)
        : base(2)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        K = k;
    }

    /// <summary>Gets the number of evaluated ranks.</summary>
    public int K { get; }

    /// <summary>Adds a batch. Of equal scores, the order is undefined.</summary>
    /// <param name="scores">The scores [N, labels].</param>
    /// <param name="targets">The targets [N, labels], 0 or 1.</param>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public void Update(Tensor scores, Tensor targets)
    {
        TensorValues.CheckColumns(scores, targets);
        using var scope = NewDisposeScope();
        var width = (int)scores.shape[1];
        var depth = Math.Min(K, width);
        var ranked = Array.ConvertAll(scores.detach().topk(depth, 1).indexes.ToDoubles(), index => (int)index);
        var right = targets.ToDoubles();
        for (var item = 0; item < scores.shape[0]; item++)
        {
            int[] labels = [.. Enumerable.Range(0, width).Where(label => right[(item * width) + label] != 0)];
            Update(ranked.AsSpan(item * depth, depth), labels);
        }
    }

    /// <summary>Adds one item.</summary>
    /// <param name="ranked">The labels with the highest scores, best first. Those after the first <see cref="K"/> are ignored.</param>
    /// <param name="labels">The labels of the item.</param>
    /// <param name="labelCount">
    /// The number of labels of the item, if some cannot be predicted and are not in <paramref name="labels"/>; null for their count.
    /// </param>
    public void Update(ReadOnlySpan<int> ranked, ReadOnlySpan<int> labels, int? labelCount = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(labelCount ?? labels.Length, labels.Length, nameof(labelCount));
        Add(ranked[..Math.Min(K, ranked.Length)], labels, labelCount ?? labels.Length);
    }

    /// <inheritdoc/>
    public override double Compute() => Ratio(Sums[0], Sums[1]);

    private protected abstract void Add(ReadOnlySpan<int> ranked, ReadOnlySpan<int> labels, int labelCount);
}
