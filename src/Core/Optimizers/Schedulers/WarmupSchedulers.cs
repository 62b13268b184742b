using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite.Schedulers;

/// <summary>Multiplies the learning rates by a factor that changes linearly from one value to another, then stays constant.</summary>
/// <remarks>Warm-up: <c>new LinearLR(optimizer, 0.01, totalIterations: 1000)</c>, stepped after every optimizer step.</remarks>
public sealed class LinearLR : LearningRateScheduler
{
    private double _startFactor;
    private double _endFactor;
    private long _totalIterations;

    /// <summary>Initializes a scheduler.</summary>
    /// <param name="optimizer">The optimizer.</param>
    /// <param name="startFactor">The initial factor, above 0 and at most 1. Default: 1/3.</param>
    /// <param name="endFactor">The final factor, from 0 to 1. Default: 1.</param>
    /// <param name="totalIterations">The number of steps to the final factor. Default: 5.</param>
    public LinearLR(optim.Optimizer optimizer, double startFactor = 1.0 / 3, double endFactor = 1, long totalIterations = 5)
        : base(optimizer)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(startFactor);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(startFactor, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(endFactor);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(endFactor, 1);
        (_startFactor, _endFactor, _totalIterations) = (startFactor, endFactor, totalIterations);
        Begin();
    }

    /// <inheritdoc/>
    protected override double NextRate(int group, double rate)
    {
        if (LastEpoch == 0)
        {
            return rate * _startFactor;
        }

        return LastEpoch > _totalIterations
            ? rate
            : rate * (
                1 + ((_endFactor - _startFactor) / ((_totalIterations * _startFactor) + ((LastEpoch - 1) * (_endFactor - _startFactor)))));
    }

    /// <inheritdoc/>
    protected override double RateAt(int group, double rate) =>
        BaseRate(group) * (_startFactor + ((_endFactor - _startFactor) * Math.Min(_totalIterations, LastEpoch) / _totalIterations));

    /// <inheritdoc/>
    protected override void WriteSettings(StateMap state)
    {
        ArgumentNullException.ThrowIfNull(state);
        state["start_factor"] = _startFactor;
        state["end_factor"] = _endFactor;
        state["total_iters"] = _totalIterations;
    }

    /// <inheritdoc/>
    protected override void ReadSettings(StateMap state)
    {
        _startFactor = ReadReal(state, "start_factor", _startFactor);
        _endFactor = ReadReal(state, "end_factor", _endFactor);
        _totalIterations = ReadInteger(state, "total_iters", _totalIterations);
    }
}

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
