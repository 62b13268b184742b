namespace Fulgurite.Metrics;

/// <summary>The base class of means over elements of an error.</summary>
public abstract class MeanError : Metric
{
    private protected MeanError()
        : base(2)
    {
    }

    /// <summary>Adds a batch.</summary>
    /// <param name="predictions">The predictions, of any shape.</param>
    /// <param name="targets">The targets, of the same shape.</param>
    /// <exception cref="ArgumentException">The shapes differ. They are not broadcast.</exception>
    public void Update(Tensor predictions, Tensor targets)
    {
        TensorValues.CheckSameShape(predictions, targets);
        using var scope = NewDisposeScope();
        Sums[0] += Sum(predictions.detach().to(ScalarType.Float64) - targets.detach().to(ScalarType.Float64)).ToDoubles()[0];
        Sums[1] += predictions.numel();
    }

    /// <inheritdoc/>
    public override double Compute() => Ratio(Sums[0], Sums[1]);

    private protected abstract Tensor Sum(Tensor differences);
}

/// <summary>The mean of squared differences.</summary>
public sealed class MeanSquaredError : MeanError
{
    private protected override Tensor Sum(Tensor differences) => differences.square().sum();
}

/// <summary>The mean of absolute differences.</summary>
public sealed class MeanAbsoluteError : MeanError
{
    private protected override Tensor Sum(Tensor differences) => differences.abs().sum();
}
