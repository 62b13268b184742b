namespace Fulgurite.Metrics;

/// <summary>The area under the receiver operating characteristic. It is NaN if a class has no positive or no negative items.</summary>
public sealed class Auroc : ScoreCurve
{
    private Auroc(int columns, bool oneClassPerItem)
        : base(columns, oneClassPerItem)
    {
    }

    /// <summary>Creates the metric for targets 0 and 1.</summary>
    public static Auroc Binary() => new(1, oneClassPerItem: false);

    /// <summary>Creates the mean over classes, each against all others.</summary>
    /// <param name="classes">The number of classes.</param>
    public static Auroc MultiClass(int classes) => new(classes, oneClassPerItem: true);

    /// <summary>Creates the mean over labels.</summary>
    /// <param name="labels">The number of labels.</param>
    public static Auroc MultiLabel(int labels) => new(labels, oneClassPerItem: false);

    private protected override double Value(ReadOnlySpan<double> sorted, ReadOnlySpan<bool> targets)
    {
        double positives = 0, negatives = 0, area = 0;
        for (var start = 0; start < sorted.Length;)
        {
            var end = EndOfTie(sorted, start);
            var right = targets[start..end].Count(true);
            var wrong = end - start - right;
            area += wrong * (positives + (right / 2.0));
            (positives, negatives, start) = (positives + right, negatives + wrong, end);
        }

        return Ratio(area, positives * negatives);
    }
}

/// <summary>
/// The mean of the precision at each recall, weighted by the increase of the recall. It is 0 for a class without positive items.
/// </summary>
public sealed class AveragePrecision : ScoreCurve
{
    private AveragePrecision(int columns, bool oneClassPerItem)
        : base(columns, oneClassPerItem)
    {
    }

    /// <summary>Creates the metric for targets 0 and 1.</summary>
    public static AveragePrecision Binary() => new(1, oneClassPerItem: false);

    /// <summary>Creates the mean over classes, each against all others.</summary>
    /// <param name="classes">The number of classes.</param>
    public static AveragePrecision MultiClass(int classes) => new(classes, oneClassPerItem: true);

    /// <summary>Creates the mean over labels.</summary>
    /// <param name="labels">The number of labels.</param>
    public static AveragePrecision MultiLabel(int labels) => new(labels, oneClassPerItem: false);

    private protected override double Value(ReadOnlySpan<double> sorted, ReadOnlySpan<bool> targets)
    {
        double positives = 0, sum = 0;
        for (var start = 0; start < sorted.Length;)
        {
            var end = EndOfTie(sorted, start);
            var right = targets[start..end].Count(true);
            positives += right;
            sum += right * positives / end;
            start = end;
        }

        return positives == 0 ? 0 : sum / positives;
    }
}
