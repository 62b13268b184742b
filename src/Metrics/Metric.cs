namespace Fulgurite.Metrics;

/// <summary>
/// The base class of metrics whose state is a fixed count of sums. The state is merged over batches and processes, and is part of
/// checkpoints.
/// </summary>
/// <remarks>
/// Register a metric in the constructor of the module (<c>RegisterMetric</c>), update it in a step, and log it there with <c>Log(name,
/// metric)</c>. The value of an empty state is NaN, except where a metric states otherwise.
/// </remarks>
public abstract class Metric : IMergeableMetric
{
    private readonly double[] _sums;

    /// <summary>Initializes a metric.</summary>
    /// <param name="count">The number of sums, which are 0 at first.</param>
    protected Metric(int count) => _sums = new double[count];

    /// <summary>Gets the sums.</summary>
    protected Span<double> Sums => _sums;

    /// <inheritdoc/>
    public abstract double Compute();

    /// <inheritdoc/>
    public virtual void Reset() => Array.Clear(_sums);

    /// <inheritdoc/>
    public virtual double[] Pack() => [.. _sums];

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The state is of a metric with other settings.</exception>
    public virtual void Merge(ReadOnlySpan<double> packed)
    {
        if (packed.Length != _sums.Length)
        {
            throw new ArgumentException(
                $"{GetType().Name} has a state of {_sums.Length} numbers and got one of {packed.Length}. Use the same settings, "
                    + "such as the number of classes, as the metric that made the state.",
                nameof(packed));
        }

        for (var index = 0; index < packed.Length; index++)
        {
            _sums[index] += packed[index];
        }
    }

    /// <inheritdoc/>
    public StateMap StateDict()
    {
        var packed = Pack();
        return new StateMap { ["state"] = TensorData.FromValues<double>(packed, ScalarType.Float64, packed.Length) };
    }

    /// <inheritdoc/>
    public void LoadStateDict(StateMap state)
    {
        ArgumentNullException.ThrowIfNull(state);
        using var saved = state["state"].AsTensor().ToTensor();
        Reset();
        Merge(saved.data<double>().ToArray());
    }

    private protected static double Ratio(double part, double whole) => whole == 0 ? double.NaN : part / whole;
}
