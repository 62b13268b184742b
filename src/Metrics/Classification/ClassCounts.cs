namespace Fulgurite.Metrics;

/// <summary>Specifies how the values of classes or labels are reduced to one.</summary>
public enum Averaging
{
    /// <summary>The mean over the classes that occur in targets or predictions.</summary>
    Macro,

    /// <summary>One value of the counts of all classes together.</summary>
    Micro,
}

/// <summary>The base class of metrics of true positives, false positives and false negatives per class.</summary>
public abstract class ClassCounts : Metric
{
    private readonly int _classes;
    private readonly Averaging _averaging;
    private readonly bool _oneClassPerItem;
    private readonly double _threshold;

    /// <param name="classes">The number of classes or labels; 1 for targets 0 and 1.</param>
    /// <param name="averaging">The reduction.</param>
    /// <param name="threshold">The lowest score that predicts a label; null for one class per item.</param>
    private protected ClassCounts(int classes, Averaging averaging, double? threshold)
        : base(3 * classes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 1);
        (_classes, _averaging, _oneClassPerItem, _threshold) = (classes, averaging, threshold is null, threshold ?? 0);
    }

    /// <summary>Adds a batch.</summary>
    /// <param name="predictions">
    /// Binary: scores of any shape. Multi-class: scores [N, classes] or classes [N]. Multi-label: scores [N, labels].
    /// </param>
    /// <param name="targets">Multi-class: classes [N]. Else 0 or 1, of the shape of the predictions.</param>
    /// <exception cref="ArgumentException">The shapes do not fit, or a class is out of range.</exception>
    public void Update(Tensor predictions, Tensor targets)
    {
        ArgumentNullException.ThrowIfNull(predictions);
        ArgumentNullException.ThrowIfNull(targets);
        if (_oneClassPerItem)
        {
            CountClasses(predictions.ToClasses(targets), targets.ToDoubles());
        }
        else
        {
            CountLabels(predictions, targets);
        }
    }

    /// <inheritdoc/>
    /// <returns>The value as scikit-learn defines it: 0 where it divides by 0. NaN if no class occurs in a macro average.</returns>
    public override double Compute()
    {
        double sum = 0, positives = 0, falsePositives = 0, falseNegatives = 0;
        var used = 0;
        for (var index = 0; index < _classes; index++)
        {
            var counts = Sums.Slice(3 * index, 3);

            // scikit-learn has every label of a multi-label target, but only those classes that occur.
            if (!_oneClassPerItem || counts[0] + counts[1] + counts[2] > 0)
            {
                sum += Value(counts[0], counts[1], counts[2]);
                used++;
            }

            (positives, falsePositives, falseNegatives) = (positives + counts[0], falsePositives + counts[1], falseNegatives + counts[2]);
        }

        return _averaging == Averaging.Macro ? Ratio(sum, used) : Value(positives, falsePositives, falseNegatives);
    }

    private protected abstract double Value(double truePositives, double falsePositives, double falseNegatives);

    private protected static double Fraction(double part, double whole) => whole == 0 ? 0 : part / whole;

    private void CountClasses(double[] predicted, double[] targets)
    {
        for (var item = 0; item < targets.Length; item++)
        {
            var (given, right) = (TensorValues.ToIndex(predicted[item], _classes), TensorValues.ToIndex(targets[item], _classes));
            if (given == right)
            {
                Sums[3 * given]++;
            }
            else
            {
                Sums[(3 * given) + 1]++;
                Sums[(3 * right) + 2]++;
            }
        }
    }

    private void CountLabels(Tensor predictions, Tensor targets)
    {
        if (_classes == 1)
        {
            TensorValues.CheckSameShape(predictions, targets);
        }
        else
        {
            TensorValues.CheckColumns(predictions, targets, _classes);
        }

        var (scores, right) = (predictions.ToDoubles(), targets.ToDoubles());
        for (var item = 0; item < scores.Length; item++)
        {
            var (given, target) = (scores[item] >= _threshold, right[item] != 0);
            if (given || target)
            {
                Sums[(3 * (item % _classes)) + (given && target ? 0 : given ? 1 : 2)]++;
            }
        }
    }
}
