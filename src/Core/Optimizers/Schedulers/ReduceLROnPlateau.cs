using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite.Schedulers;

/// <summary>Multiplies the learning rates by a factor when a metric has stopped improving.</summary>
public sealed class ReduceLROnPlateau : LearningRateScheduler
{
    private PlateauMode _mode;
    private double _factor;
    private long _patience;
    private double _threshold;
    private ThresholdMode _thresholdMode;
    private long _cooldown;
    private double[] _minimumRates;
    private double _epsilon;
    private double _best;
    private long _badSteps;
    private long _coolingSteps;

    /// <summary>Initializes a scheduler. Does not change the learning rates before the first metric.</summary>
    /// <param name="optimizer">The optimizer.</param>
    /// <param name="mode">Whether lower or higher values are better. Default: lower.</param>
    /// <param name="factor">The factor, below 1. Default: 0.1.</param>
    /// <param name="patience">The number of consecutive values without improvement that are tolerated. Default: 10.</param>
    /// <param name="threshold">The minimum improvement. Default: 0.0001.</param>
    /// <param name="thresholdMode">Whether the threshold is relative to the best value or absolute. Default: relative.</param>
    /// <param name="cooldown">The number of values that are ignored after a reduction. Default: 0.</param>
    /// <param name="minimumRate">The minimum learning rate. Default: 0.</param>
    /// <param name="epsilon">The minimum change of a learning rate; smaller changes are skipped. Default: 1e-8.</param>
    public ReduceLROnPlateau(
        optim.Optimizer optimizer,
        PlateauMode mode = PlateauMode.Minimum,
        double factor = 0.1,
        long patience = 10,
        double threshold = 1e-4,
        ThresholdMode thresholdMode = ThresholdMode.Relative,
        long cooldown = 0,
        double minimumRate = 0,
        double epsilon = 1e-8)
        : this(optimizer, [minimumRate], mode, factor, patience, threshold, thresholdMode, cooldown, epsilon)
    {
    }

    /// <summary>Initializes a scheduler with a minimum learning rate for each group.</summary>
    /// <param name="optimizer">The optimizer.</param>
    /// <param name="minimumRates">The minimum learning rates, one per group. The last one applies to all further groups.</param>
    /// <param name="mode">Whether lower or higher values are better. Default: lower.</param>
    /// <param name="factor">The factor, below 1. Default: 0.1.</param>
    /// <param name="patience">The number of consecutive values without improvement that are tolerated. Default: 10.</param>
    /// <param name="threshold">The minimum improvement. Default: 0.0001.</param>
    /// <param name="thresholdMode">Whether the threshold is relative to the best value or absolute. Default: relative.</param>
    /// <param name="cooldown">The number of values that are ignored after a reduction. Default: 0.</param>
    /// <param name="epsilon">The minimum change of a learning rate; smaller changes are skipped. Default: 1e-8.</param>
    public ReduceLROnPlateau(
        optim.Optimizer optimizer,
        IReadOnlyList<double> minimumRates,
        PlateauMode mode = PlateauMode.Minimum,
        double factor = 0.1,
        long patience = 10,
        double threshold = 1e-4,
        ThresholdMode thresholdMode = ThresholdMode.Relative,
        long cooldown = 0,
        double epsilon = 1e-8)
        : base(optimizer)
    {
        ArgumentNullException.ThrowIfNull(minimumRates);
        ArgumentOutOfRangeException.ThrowIfZero(minimumRates.Count, nameof(minimumRates));
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(factor, 1);
        (_mode, _factor, _patience, _threshold, _thresholdMode) = (mode, factor, patience, threshold, thresholdMode);
        (_cooldown, _epsilon) = (cooldown, epsilon);
        _minimumRates = [.. Groups.Select((_, index) => minimumRates[Math.Min(index, minimumRates.Count - 1)])];
        _best = Worst;
        LastEpoch = 0;
        NoteRates();
    }

    /// <inheritdoc/>
    public override bool NeedsMetric => true;

    /// <summary>Gets the best value so far; infinite before the first one.</summary>
    public double Best => _best;

    private double Worst => _mode == PlateauMode.Minimum ? double.PositiveInfinity : double.NegativeInfinity;

    /// <inheritdoc/>
    public override void Step(double metric)
    {
        LastEpoch++;
        if (IsBetter(metric))
        {
            _best = metric;
            _badSteps = 0;
        }
        else
        {
            _badSteps++;
        }

        if (_coolingSteps > 0)
        {
            _coolingSteps--;
            _badSteps = 0;
        }

        if (_badSteps > _patience)
        {
            SetRates(NextRate);
            _coolingSteps = _cooldown;
            _badSteps = 0;
        }

        NoteRates();
    }

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">Always thrown: the schedule depends on metrics.</exception>
    public override void StepTo(long epoch) =>
        throw new NotSupportedException("A ReduceLROnPlateau depends on metrics and cannot be set to a step.");

    /// <inheritdoc/>
    protected override double NextRate(int group, double rate)
    {
        var reduced = Math.Max(rate * _factor, _minimumRates[Math.Min(group, _minimumRates.Length - 1)]);
        return rate - reduced > _epsilon ? reduced : rate;
    }

    /// <inheritdoc/>
    protected override void WriteSettings(StateMap state)
    {
        ArgumentNullException.ThrowIfNull(state);
        state["factor"] = _factor;
        state["min_lrs"] = Reals(_minimumRates);
        state["patience"] = _patience;
        state["cooldown"] = _cooldown;
        state["cooldown_counter"] = _coolingSteps;
        state["mode"] = _mode == PlateauMode.Minimum ? "min" : "max";
        state["threshold"] = _threshold;
        state["threshold_mode"] = _thresholdMode == ThresholdMode.Relative ? "rel" : "abs";
        state["best"] = _best;
        state["num_bad_epochs"] = _badSteps;
        state["mode_worse"] = Worst;
        state["eps"] = _epsilon;
    }

    /// <inheritdoc/>
    protected override void ReadSettings(StateMap state)
    {
        ArgumentNullException.ThrowIfNull(state);
        _mode = state.TryGetValue("mode", out var mode) ? (mode.AsText() == "max" ? PlateauMode.Maximum : PlateauMode.Minimum) : _mode;
        _thresholdMode = state.TryGetValue("threshold_mode", out var relation)
            ? (relation.AsText() == "abs" ? ThresholdMode.Absolute : ThresholdMode.Relative)
            : _thresholdMode;
        _factor = ReadReal(state, "factor", _factor);
        _minimumRates = ReadReals(state, "min_lrs") ?? _minimumRates;
        _patience = ReadInteger(state, "patience", _patience);
        _cooldown = ReadInteger(state, "cooldown", _cooldown);
        _coolingSteps = ReadInteger(state, "cooldown_counter", _coolingSteps);
        _threshold = ReadReal(state, "threshold", _threshold);
        _best = ReadBest(state);
        _badSteps = ReadInteger(state, "num_bad_epochs", _badSteps);
        _epsilon = ReadReal(state, "eps", _epsilon);
    }

    // Python stores the metric as given, possibly as a tensor with one element.
    private double ReadBest(StateMap state) => state.TryGetValue("best", out var best) && best is TensorData tensor
        ? TensorNumber(tensor)
        : ReadReal(state, "best", _best);

    private static double TensorNumber(TensorData tensor)
    {
        using var live = tensor.ToTensor();
        return live.to(ScalarType.Float64).item<double>();
    }

    private bool IsBetter(double metric) => (_mode, _thresholdMode) switch
    {
        (PlateauMode.Minimum, ThresholdMode.Relative) => metric < _best * (1 - _threshold),
        (PlateauMode.Minimum, ThresholdMode.Absolute) => metric < _best - _threshold,
        (PlateauMode.Maximum, ThresholdMode.Relative) => metric > _best * (_threshold + 1),
        _ => metric > _best + _threshold,
    };
}

/// <summary>Specifies the meaning of the threshold of a <see cref="ReduceLROnPlateau"/>.</summary>
public enum ThresholdMode
{
    /// <summary>Relative to the best value.</summary>
    Relative,

    /// <summary>An absolute difference from the best value.</summary>
    Absolute,
}

/// <summary>Specifies which values of a metric are better.</summary>
public enum PlateauMode
{
    /// <summary>Lower values, such as of a loss.</summary>
    Minimum,

    /// <summary>Higher values, such as of an accuracy.</summary>
    Maximum,
}
