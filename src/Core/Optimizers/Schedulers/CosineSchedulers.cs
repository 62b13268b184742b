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

        return (
            (1 + Math.Cos(Math.PI * LastEpoch / _period)) / (
                1 + Math.Cos(Math.PI * (LastEpoch - 1) / _period)) * (rate - _minimum)) + _minimum;
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

/// <summary>Decreases the learning rates along half a cosine wave, and restarts periodically.</summary>
public sealed class CosineAnnealingWarmRestarts : LearningRateScheduler
{
    private long _firstPeriod;
    private long _multiplier;
    private double _minimum;
    private double _period;
    private double _position;

    /// <summary>Initializes a scheduler.</summary>
    /// <param name="optimizer">The optimizer.</param>
    /// <param name="firstPeriod">The number of steps to the first restart; PyTorch's <c>T_0</c>.</param>
    /// <param name="multiplier">The ratio of each period to the previous one; PyTorch's <c>T_mult</c>. Default: 1.</param>
    /// <param name="minimumRate">The minimum learning rate; PyTorch's <c>eta_min</c>. Default: 0.</param>
    public CosineAnnealingWarmRestarts(optim.Optimizer optimizer, long firstPeriod, long multiplier = 1, double minimumRate = 0)
        : base(optimizer)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(firstPeriod);
        ArgumentOutOfRangeException.ThrowIfLessThan(multiplier, 1);
        (_firstPeriod, _multiplier, _minimum) = (firstPeriod, multiplier, minimumRate);
        _period = firstPeriod;
        Begin();
    }

    /// <inheritdoc/>
    public override void Step()
    {
        if (LastEpoch < 0)
        {
            // In a sequence, the first step goes to zero.
            StepTo(0);
            return;
        }

        LastEpoch++;
        _position++;
        if (_position >= _period)
        {
            _position -= _period;
            _period *= _multiplier;
        }

        SetRates(NextRate);
    }

    /// <inheritdoc/>
    public override void StepTo(long epoch) => StepTo((double)epoch);

    /// <summary>Advances to a fractional epoch, for schedules that change with every batch.</summary>
    /// <param name="epoch">The fractional epoch: epoch index + batch index / number of batches.</param>
    public void StepTo(double epoch)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(epoch);
        if (epoch < _firstPeriod)
        {
            (_period, _position) = (_firstPeriod, epoch);
        }
        else if (_multiplier == 1)
        {
            _position = epoch % _firstPeriod;
        }
        else
        {
            var restarts = (int)Math.Log((epoch / _firstPeriod * (_multiplier - 1)) + 1, _multiplier);
            var growth = Math.Pow(_multiplier, restarts);
            _position = epoch - (_firstPeriod * (growth - 1) / (_multiplier - 1));
            _period = _firstPeriod * growth;
        }

        LastEpoch = (long)Math.Floor(epoch);
        SetRates(NextRate);
    }

    /// <inheritdoc/>
    protected override double NextRate(int group, double rate) =>
        _minimum + ((BaseRate(group) - _minimum) * (1 + Math.Cos(Math.PI * _position / _period)) / 2);

    /// <inheritdoc/>
    protected override void WriteSettings(StateMap state)
    {
        ArgumentNullException.ThrowIfNull(state);
        state["T_0"] = _firstPeriod;
        state["T_i"] = Number(_period);
        state["T_mult"] = _multiplier;
        state["eta_min"] = _minimum;
        state["T_cur"] = Number(_position);
    }

    /// <inheritdoc/>
    protected override void ReadSettings(StateMap state)
    {
        _firstPeriod = ReadInteger(state, "T_0", _firstPeriod);
        _period = ReadReal(state, "T_i", _period);
        _multiplier = ReadInteger(state, "T_mult", _multiplier);
        _minimum = ReadReal(state, "eta_min", _minimum);
        _position = ReadReal(state, "T_cur", _position);
    }

    // Integers stay integers in Python.
    private static StateValue Number(double value) => value == Math.Floor(value) ? (long)value : value;
}
