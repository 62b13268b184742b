using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite.Schedulers;

/// <summary>Decreases the learning rates to zero along a polynomial.</summary>
public sealed class PolynomialLR : LearningRateScheduler
{
    private long _totalIterations;
    private double _power;

    /// <summary>Initializes a scheduler.</summary>
    /// <param name="optimizer">The optimizer.</param>
    /// <param name="totalIterations">The number of steps to zero. Default: 5.</param>
    /// <param name="power">The exponent of the polynomial. Default: 1.</param>
    public PolynomialLR(optim.Optimizer optimizer, long totalIterations = 5, double power = 1)
        : base(optimizer)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(totalIterations);
        (_totalIterations, _power) = (totalIterations, power);
        Begin();
    }

    /// <inheritdoc/>
    protected override double NextRate(int group, double rate)
    {
        if (LastEpoch == 0 || LastEpoch > _totalIterations)
        {
            return rate;
        }

        var share = (1 - (LastEpoch / (double)_totalIterations)) / (1 - ((LastEpoch - 1) / (double)_totalIterations));
        return rate * Math.Pow(share, _power);
    }

    /// <inheritdoc/>
    protected override double RateAt(int group, double rate) =>
        BaseRate(group) * Math.Pow(1 - (Math.Min(_totalIterations, LastEpoch) / (double)_totalIterations), _power);

    /// <inheritdoc/>
    protected override void WriteSettings(StateMap state)
    {
        ArgumentNullException.ThrowIfNull(state);
        state["total_iters"] = _totalIterations;
        state["power"] = _power;
    }

    /// <inheritdoc/>
    protected override void ReadSettings(StateMap state)
    {
        _totalIterations = ReadInteger(state, "total_iters", _totalIterations);
        _power = ReadReal(state, "power", _power);
    }
}
