using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite.Schedulers;

/// <summary>Decreases the learning rates along half a cosine wave, then increases them again.</summary>
public sealed class CosineAnnealingLR : LearningRateScheduler
{
    private long _period;
    private double _minimum;

    /// <summary>Initializes a scheduler.</summary>
    /// <param name="optimizer">The optimizer.</param>
    /// <param name="period">The number of steps to the minimum; PyTorch's <c>T_max</c>.</param>
    /// <param name="minimumRate">The minimum learning rate; PyTorch's <c>eta_min</c>. Default: 0.</param>
    public CosineAnnealingLR(optim.Optimizer optimizer, long period, double minimumRate = 0)
        : base(optimizer)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(period);
        (_period, _minimum) = (period, minimumRate);
        Begin();
    }

    /// <inheritdoc/>
    protected override double NextRate(int group, double rate)
    {
        if (LastEpoch == 0)
        {
            return rate;
        }

        // The first step of a scheduler that does not start at zero, as in a sequence.
        if (StepCount == 1 && LastEpoch > 0)
        {
            return _minimum + ((BaseRate(group) - _minimum) * (1 + Math.Cos(LastEpoch * Math.PI / _period)) / 2);
        }

        // The quotient below is undefined right after the minimum.
        if (PythonRemainder(LastEpoch - 1 - _period, 2 * _period) == 0)
        {
            return rate + ((BaseRate(group) - _minimum) * (1 - Math.Cos(Math.PI / _period)) / 2);
        }

        return ((1 + Math.Cos(Math.PI * LastEpoch / _period)) / (1 + Math.Cos(Math.PI * (LastEpoch - 1) / _period)) * (rate - _minimum)) + _minimum;
    }

    /// <inheritdoc/>
    protected override double RateAt(int group, double rate) =>
        _minimum + ((BaseRate(group) - _minimum) * (1 + Math.Cos(Math.PI * LastEpoch / _period)) / 2);

    /// <inheritdoc/>
    protected override void WriteSettings(StateMap state)
    {
        ArgumentNullException.ThrowIfNull(state);
        state["T_max"] = _period;
        state["eta_min"] = _minimum;
    }

    /// <inheritdoc/>
    protected override void ReadSettings(StateMap state)
    {
        _period = ReadInteger(state, "T_max", _period);
        _minimum = ReadReal(state, "eta_min", _minimum);
    }

    private static long PythonRemainder(long value, long divisor) => ((value % divisor) + divisor) % divisor;
}
