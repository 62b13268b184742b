namespace Fulgurite.Metrics;

/// <summary>
/// The coefficient of determination: 1 for perfect predictions, 0 for predictions that are as good as the mean of the targets. Of several
/// outputs, the mean over outputs. It is NaN for fewer than two items.
/// </summary>
public sealed class R2Score : Metric
{
    private const int Size = 4;

    private readonly int _outputs;

    /// <summary>Initializes a score.</summary>
    /// <param name="outputs">The number of outputs per item. Default: 1.</param>
    public R2Score(int outputs = 1)
        : base(Size * outputs)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(outputs, 1);
        _outputs = outputs;
    }

    /// <summary>Adds a batch.</summary>
    /// <param name="predictions">The predictions: [N, outputs], or any shape for one output.</param>
    /// <param name="targets">The targets, of the same shape.</param>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public void Update(Tensor predictions, Tensor targets)
    {
        if (_outputs > 1)
        {
            TensorValues.CheckColumns(predictions, targets, _outputs);
        }
        else
        {
            TensorValues.CheckSameShape(predictions, targets);
        }

        var (given, right) = (predictions.ToDoubles(), targets.ToDoubles());
        for (var item = 0; item < right.Length; item++)
        {
            var residual = right[item] - given[item];
            Add(item % _outputs, 1, right[item], 0, residual * residual);
        }
    }

    /// <inheritdoc/>
    public override void Merge(ReadOnlySpan<double> packed)
    {
        if (packed.Length != Sums.Length)
        {
            // Throws.
            base.Merge(packed);
        }

        for (var output = 0; output < _outputs; output++)
        {
            var part = packed.Slice(Size * output, Size);
            Add(output, part[0], part[1], part[2], part[3]);
        }
    }

    /// <inheritdoc/>
    public override double Compute()
    {
        double sum = 0;
        for (var output = 0; output < _outputs; output++)
        {
            var part = Sums.Slice(Size * output, Size);
            var (count, total, residual) = (part[0], part[2], part[3]);
            sum += count < 2 ? double.NaN : total != 0 ? 1 - (residual / total) : residual == 0 ? 1 : 0;
        }

        return sum / _outputs;
    }

    /// <summary>
    /// Adds items by the count, mean and squared deviations of their targets, without the cancellation of sums of squares.
    /// </summary>
    private void Add(int output, double count, double mean, double deviations, double residuals)
    {
        var part = Sums.Slice(Size * output, Size);
        var all = part[0] + count;
        if (all == 0)
        {
            return;
        }

        var distance = mean - part[1];
        part[2] += deviations + (distance * distance * part[0] * count / all);
        part[1] += distance * count / all;
        part[3] += residuals;
        part[0] = all;
    }
}
