namespace Fulgurite.Metrics;

/// <summary>The fraction of correct predictions, from 0 to 1.</summary>
public sealed class Accuracy : Metric
{
    private readonly Func<Tensor, Tensor, (double Correct, double Count)> _count;

    private Accuracy(Func<Tensor, Tensor, (double Correct, double Count)> count)
        : base(2) => _count = count;

    /// <summary>Creates an accuracy for targets 0 and 1.</summary>
    /// <param name="threshold">The lowest score that predicts 1. Use 0 for logits. Default: 0.5.</param>
    /// <returns>A metric for scores and targets of the same shape.</returns>
    public static Accuracy Binary(double threshold = 0.5) => new((scores, targets) =>
    {
        TensorValues.CheckSameShape(scores, targets);
        var (given, right) = (scores.ToDoubles(), targets.ToDoubles());
        return (given.Zip(right, (score, target) => (score >= threshold) == (target != 0)).Count(correct => correct), given.Length);
    });

    /// <summary>Creates an accuracy for one class per item.</summary>
    /// <param name="topK">
    /// The number of highest scores among which the target must be; less than the number of classes, which need not be given. Default: 1.
    /// </param>
    /// <returns>A metric for scores [N, classes], or if <paramref name="topK"/> is 1 also for classes [N], and targets [N].</returns>
    public static Accuracy MultiClass(int topK = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(topK, 1);
        return topK == 1 ? new(CountHighest) : new((scores, targets) => CountTop(scores, targets, topK));
    }

    /// <summary>Creates an accuracy for several labels per item.</summary>
    /// <param name="threshold">The lowest score that predicts a label. Use 0 for logits. Default: 0.5.</param>
    /// <param name="subset">
    /// Whether an item is correct only if all its labels are; if false, each label counts by itself. Default: true.
    /// </param>
    /// <returns>A metric for scores and targets [N, labels].</returns>
    public static Accuracy MultiLabel(double threshold = 0.5, bool subset = true) => new((scores, targets) =>
    {
        TensorValues.CheckColumns(scores, targets);
        using var scope = NewDisposeScope();
        using TorchSharp.Scalar least = threshold, none = 0;
        var correct = scores.detach().ge(least).eq(targets.detach().ne(none));
        correct = subset ? correct.all(1) : correct;
        return (correct.sum().ToDoubles()[0], correct.numel());
    });

    /// <summary>Adds a batch.</summary>
    /// <param name="predictions">The scores, or the classes.</param>
    /// <param name="targets">The targets.</param>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public void Update(Tensor predictions, Tensor targets)
    {
        ArgumentNullException.ThrowIfNull(predictions);
        ArgumentNullException.ThrowIfNull(targets);
        var (correct, count) = _count(predictions, targets);
        Sums[0] += correct;
        Sums[1] += count;
    }

    /// <inheritdoc/>
    public override double Compute() => Ratio(Sums[0], Sums[1]);

    private static (double Correct, double Count) CountHighest(Tensor predictions, Tensor targets)
    {
        var (given, right) = (predictions.ToClasses(targets), targets.ToDoubles());
        return (given.Zip(right, (predicted, target) => predicted == target).Count(correct => correct), given.Length);
    }

    private static (double Correct, double Count) CountTop(Tensor scores, Tensor targets, int topK)
    {
        TensorValues.CheckRows(scores, targets);
        if (topK >= scores.shape[1])
        {
            throw new ArgumentException(
                $"topK is {topK} and there are {scores.shape[1]} classes, so every prediction would be correct. The argument of "
                    + "Accuracy.MultiClass is not the number of classes.",
                nameof(scores));
        }

        using var scope = NewDisposeScope();
        var best = scores.detach().topk(topK, 1).indexes;
        return (best.eq(targets.unsqueeze(1)).any(1).sum().ToDoubles()[0], targets.shape[0]);
    }
}
