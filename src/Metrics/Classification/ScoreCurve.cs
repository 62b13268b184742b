namespace Fulgurite.Metrics;

/// <summary>
/// The base class of metrics of a ranking by score. They keep every score, so their state grows with the number of items. The value is NaN
/// if a score is NaN.
/// </summary>
public abstract class ScoreCurve : Metric
{
    private readonly int _columns;
    private readonly bool _oneClassPerItem;
    private readonly List<double> _rows = [];

    /// <param name="columns">The number of classes or labels; 1 for targets 0 and 1.</param>
    /// <param name="oneClassPerItem">Whether targets are class numbers.</param>
    private protected ScoreCurve(int columns, bool oneClassPerItem)
        : base(0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        (_columns, _oneClassPerItem) = (columns, oneClassPerItem);
    }

    /// <summary>Adds a batch.</summary>
    /// <param name="scores">Binary: scores of any shape. Else scores [N, classes] or [N, labels].</param>
    /// <param name="targets">Multi-class: classes [N]. Else 0 or 1, of the shape of the scores.</param>
    /// <exception cref="ArgumentException">The shapes do not fit, or a class is out of range.</exception>
    public void Update(Tensor scores, Tensor targets)
    {
        if (_oneClassPerItem)
        {
            TensorValues.CheckRows(scores, targets, _columns);
        }
        else if (_columns == 1)
        {
            TensorValues.CheckSameShape(scores, targets);
        }
        else
        {
            TensorValues.CheckColumns(scores, targets, _columns);
        }

        var (given, right) = (scores.ToDoubles(), targets.ToDoubles());
        for (var index = 0; index < given.Length; index++)
        {
            var positive = _oneClassPerItem
                ? TensorValues.ToIndex(right[index / _columns], _columns) == index % _columns
                : right[index] != 0;
            _rows.Add(given[index]);
            _rows.Add(positive ? 1 : 0);
        }
    }

    /// <inheritdoc/>
    /// <returns>The mean over classes or labels.</returns>
    public override double Compute()
    {
        var count = _rows.Count / 2 / _columns;
        if (count == 0)
        {
            return double.NaN;
        }

        double sum = 0;
        var (scores, targets) = (new double[count], new bool[count]);
        for (var column = 0; column < _columns; column++)
        {
            for (var row = 0; row < count; row++)
            {
                var place = 2 * ((row * _columns) + column);
                (scores[row], targets[row]) = (-_rows[place], _rows[place + 1] != 0);
            }

            if (Array.Exists(scores, double.IsNaN))
            {
                return double.NaN;
            }

            Array.Sort(scores, targets);
            sum += Value(scores, targets);
        }

        return sum / _columns;
    }

    /// <inheritdoc/>
    public override void Reset() => _rows.Clear();

    /// <inheritdoc/>
    public override double[] Pack() => [.. _rows];

    /// <inheritdoc/>
    public override void Merge(ReadOnlySpan<double> packed)
    {
        if (packed.Length % (2 * _columns) != 0)
        {
            throw new ArgumentException(
                $"Expected a state of rows of {2 * _columns} numbers and got {packed.Length} numbers. "
                    + "Use the same settings as the metric that made the state.",
                nameof(packed));
        }

        _rows.AddRange(packed);
    }

    /// <summary>Computes the value of one class.</summary>
    /// <param name="sorted">The negated scores in ascending order.</param>
    /// <param name="targets">The targets in the same order.</param>
    private protected abstract double Value(ReadOnlySpan<double> sorted, ReadOnlySpan<bool> targets);

    /// <summary>Returns the end of the items with the same score.</summary>
    private protected static int EndOfTie(ReadOnlySpan<double> sorted, int start)
    {
        var end = start + 1;
        while (end < sorted.Length && sorted[end] == sorted[start])
        {
            end++;
        }

        return end;
    }
}
