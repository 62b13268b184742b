using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite.Schedulers;

/// <summary>Lets the learning rates fall along half a cosine wave, and rise again after it.</summary>
public sealed class CosineAnnealingLR : LearningRateScheduler
{
    private long _period;
    private double _minimum;

    /// <summary>Makes a scheduler.</summary>
    /// <param name="optimizer">The optimizer whose learning rates change.</param>
    /// <param name="period">After how many steps they are lowest; PyTorch's <c>T_max</c>.</param>
    /// <param name="minimumRate">The lowest learning rate; PyTorch's <c>eta_min</c>. Default: 0.</param>
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

        // The first step of a scheduler that does not begin at zero, as within a sequence.
        if (StepCount == 1 && LastEpoch > 0)
        {
            return _minimum + ((BaseRate(group) - _minimum) * (1 + Math.Cos(LastEpoch * Math.PI / _period)) / 2);
        }

        // The quotient below has no value where the wave was at its lowest the step before.
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
