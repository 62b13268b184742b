namespace Fulgurite.Metrics;

/// <summary>Counts how often items of each class were predicted as each class. The value for logs is the accuracy.</summary>
public sealed class ConfusionMatrix : Metric
{
    private readonly int _classes;
    private long[,]? _computed;

    /// <summary>Initializes a confusion matrix.</summary>
    /// <param name="classes">The number of classes.</param>
    public ConfusionMatrix(int classes)
        : base(checked(classes * classes))
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 1);
        _classes = classes;
    }

    /// <summary>
    /// Gets the counts by target (row) and prediction (column) at the last <see cref="Compute"/>, which the trainer calls before it resets
    /// the metric.
    /// </summary>
    public long[,] Computed => _computed ?? new long[_classes, _classes];

    /// <summary>Adds a batch.</summary>
    /// <param name="predictions">Scores [N, classes] or classes [N].</param>
    /// <param name="targets">Classes [N].</param>
    /// <exception cref="ArgumentException">The shapes do not fit, or a class is out of range.</exception>
    public void Update(Tensor predictions, Tensor targets)
    {
        ArgumentNullException.ThrowIfNull(predictions);
        ArgumentNullException.ThrowIfNull(targets);
        var (given, right) = (predictions.ToClasses(targets), targets.ToDoubles());
        for (var item = 0; item < right.Length; item++)
        {
            Sums[(TensorValues.ToIndex(right[item], _classes) * _classes) + TensorValues.ToIndex(given[item], _classes)]++;
        }
    }

    /// <inheritdoc/>
    public override double Compute()
    {
        var counts = new long[_classes, _classes];
        double right = 0, all = 0;
        for (var index = 0; index < Sums.Length; index++)
        {
            var (row, column) = (index / _classes, index % _classes);
            counts[row, column] = (long)Sums[index];
            all += Sums[index];
            right += row == column ? Sums[index] : 0;
        }

        _computed = counts;
        return Ratio(right, all);
    }
}
