using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite.Schedulers;

/// <summary>Multiplies the learning rates by a factor for a number of steps.</summary>
public sealed class ConstantLR : LearningRateScheduler
{
    private double _factor;
    private long _totalIterations;

    /// <summary>Initializes a scheduler.</summary>
    /// <param name="optimizer">The optimizer.</param>
    /// <param name="factor">The factor, from 0 to 1. Default: 1/3.</param>
    /// <param name="totalIterations">The number of steps. Default: 5.</param>
    public ConstantLR(optim.Optimizer optimizer, double factor = 1.0 / 3, long totalIterations = 5)
        : base(optimizer)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(factor);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(factor, 1);
        (_factor, _totalIterations) = (factor, totalIterations);
        Begin();
    }

    /// <inheritdoc/>
    protected override double NextRate(int group, double rate)
    {
        if (LastEpoch == 0)
        {
            return rate * _factor;
        }

        return LastEpoch == _totalIterations ? rate * (1 / _factor) : rate;
    }

    /// <inheritdoc/>
    protected override double RateAt(int group, double rate) =>
        BaseRate(group) * (_factor + ((LastEpoch >= _totalIterations ? 1 : 0) * (1 - _factor)));

    /// <inheritdoc/>
    protected override void WriteSettings(StateMap state)
    {
        ArgumentNullException.ThrowIfNull(state);
        state["factor"] = _factor;
        state["total_iters"] = _totalIterations;
    }

    /// <inheritdoc/>
    protected override void ReadSettings(StateMap state)
    {
        _factor = ReadReal(state, "factor", _factor);
        _totalIterations = ReadInteger(state, "total_iters", _totalIterations);
    }
}
