using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite.Schedulers;

/// <summary>Multiplies the learning rates by a factor every <c>stepSize</c> steps.</summary>
public sealed class StepLR : LearningRateScheduler
{
    private long _stepSize;
    private double _gamma;

    /// <summary>Initializes a scheduler.</summary>
    /// <param name="optimizer">The optimizer.</param>
    /// <param name="stepSize">The number of steps between two applications of the factor.</param>
    /// <param name="gamma">The factor. Default: 0.1.</param>
    public StepLR(optim.Optimizer optimizer, long stepSize, double gamma = 0.1)
        : base(optimizer)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(stepSize);
        (_stepSize, _gamma) = (stepSize, gamma);
        Begin();
    }

    /// <inheritdoc/>
    protected override double NextRate(int group, double rate) => LastEpoch == 0 || LastEpoch % _stepSize != 0 ? rate : rate * _gamma;

    /// <inheritdoc/>
    protected override double RateAt(int group, double rate) => BaseRate(group) * Math.Pow(_gamma, LastEpoch / _stepSize);

    /// <inheritdoc/>
    protected override void WriteSettings(StateMap state)
    {
        ArgumentNullException.ThrowIfNull(state);
        state["step_size"] = _stepSize;
        state["gamma"] = _gamma;
    }

    /// <inheritdoc/>
    protected override void ReadSettings(StateMap state)
    {
        _stepSize = ReadInteger(state, "step_size", _stepSize);
        _gamma = ReadReal(state, "gamma", _gamma);
    }
}

/// <summary>Multiplies the learning rates by a factor at given steps.</summary>
public sealed class MultiStepLR : LearningRateScheduler
{
    private SortedDictionary<long, long> _milestones;
    private double _gamma;

    /// <summary>Initializes a scheduler.</summary>
    /// <param name="optimizer">The optimizer.</param>
    /// <param name="milestones">The steps at which the factor is applied. A repeated step applies it repeatedly.</param>
    /// <param name="gamma">The factor. Default: 0.1.</param>
    public MultiStepLR(optim.Optimizer optimizer, IEnumerable<long> milestones, double gamma = 0.1)
        : base(optimizer)
    {
        ArgumentNullException.ThrowIfNull(milestones);
        _milestones = new SortedDictionary<long, long>(
            milestones.CountBy(milestone => milestone).ToDictionary(entry => entry.Key, entry => (long)entry.Value));
        _gamma = gamma;
        Begin();
    }

    /// <inheritdoc/>
    protected override double NextRate(int group, double rate) =>
        _milestones.TryGetValue(LastEpoch, out var times) ? rate * Math.Pow(_gamma, times) : rate;

    /// <inheritdoc/>
    protected override double RateAt(int group, double rate) =>
        BaseRate(group) * Math.Pow(_gamma, _milestones.Where(entry => entry.Key <= LastEpoch).Sum(entry => entry.Value));

    /// <inheritdoc/>
    protected override void WriteSettings(StateMap state)
    {
        ArgumentNullException.ThrowIfNull(state);
        var milestones = new StateMap();
        foreach (var (step, times) in _milestones)
        {
            milestones[step] = times;
        }

        state["milestones"] = milestones;
        state["gamma"] = _gamma;
    }

    /// <inheritdoc/>
    protected override void ReadSettings(StateMap state)
    {
        ArgumentNullException.ThrowIfNull(state);
        _gamma = ReadReal(state, "gamma", _gamma);
        if (state.TryGetValue("milestones", out var saved) && Counts(saved) is { } counts)
        {
            _milestones = new SortedDictionary<long, long>(
                counts.ToDictionary(entry => entry.Key.Number, entry => entry.Value.AsInteger()));
        }
    }

    /// <summary>Returns the steps and their number of occurrences: a map, or a Python <c>Counter</c>, which wraps a map.</summary>
    private static StateMap? Counts(StateValue saved) => saved switch
    {
        StateMap map => map,
        StateObject counter => counter.Arguments.OfType<StateMap>().FirstOrDefault() ?? counter.Items as StateMap,
        _ => null,
    };
}

/// <summary>Multiplies the learning rates by a factor at every step.</summary>
public sealed class ExponentialLR : LearningRateScheduler
{
    private double _gamma;

    /// <summary>Initializes a scheduler.</summary>
    /// <param name="optimizer">The optimizer.</param>
    /// <param name="gamma">The factor.</param>
    public ExponentialLR(optim.Optimizer optimizer, double gamma)
        : base(optimizer)
    {
        _gamma = gamma;
        Begin();
    }

    /// <inheritdoc/>
    protected override double NextRate(int group, double rate) => LastEpoch == 0 ? rate : rate * _gamma;

    /// <inheritdoc/>
    protected override double RateAt(int group, double rate) => BaseRate(group) * Math.Pow(_gamma, LastEpoch);

    /// <inheritdoc/>
    protected override void WriteSettings(StateMap state)
    {
        ArgumentNullException.ThrowIfNull(state);
        state["gamma"] = _gamma;
    }

    /// <inheritdoc/>
    protected override void ReadSettings(StateMap state)
    {
        _gamma = ReadReal(state, "gamma", _gamma);
    }
}

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
