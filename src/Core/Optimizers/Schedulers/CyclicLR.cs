using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite.Schedulers;

/// <summary>Cycles the learning rates between two values, and the momentum inversely.</summary>
public sealed class CyclicLR : LearningRateScheduler
{
    private readonly CyclicMode _mode;
    private double _gamma;
    private double _totalSize;
    private double _stepRatio;
    private double[] _maximumRates;
    private bool _cycleMomentum;
    private double[] _baseMomentums;
    private double[] _maximumMomentums;

    /// <summary>Initializes a scheduler. Step it after every optimizer step.</summary>
    /// <param name="optimizer">The optimizer.</param>
    /// <param name="baseRate">The minimum learning rate.</param>
    /// <param name="maximumRate">The maximum learning rate.</param>
    /// <param name="stepSizeUp">The number of steps of the rising half. Default: 2000.</param>
    /// <param name="stepSizeDown">The number of steps of the falling half; null for the same as the rising half. Default: null.</param>
    /// <param name="mode">The scaling of the cycles. Default: <see cref="CyclicMode.Triangular"/>.</param>
    /// <param name="gamma">The factor of <see cref="CyclicMode.ExponentialRange"/>. Default: 1.</param>
    /// <param name="cycleMomentum">Whether to cycle the momentum inversely. Default: true.</param>
    /// <param name="baseMomentum">The minimum momentum. Default: 0.8.</param>
    /// <param name="maximumMomentum">The maximum momentum. Default: 0.9.</param>
    /// <exception cref="ArgumentException">The momentum is to be cycled, and the optimizer has none.</exception>
    public CyclicLR(
        optim.Optimizer optimizer,
        double baseRate,
        double maximumRate,
        double stepSizeUp = 2000,
        double? stepSizeDown = null,
        CyclicMode mode = CyclicMode.Triangular,
        double gamma = 1,
        bool cycleMomentum = true,
        double baseMomentum = 0.8,
        double maximumMomentum = 0.9)
        : base(optimizer)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(stepSizeUp);
        var groups = Groups;
        _totalSize = stepSizeUp + (stepSizeDown ?? stepSizeUp);
        _stepRatio = stepSizeUp / _totalSize;
        (_mode, _gamma, _cycleMomentum) = (mode, gamma, cycleMomentum);
        _maximumRates = [.. groups.Select(_ => maximumRate)];
        _baseMomentums = [.. groups.Select(_ => baseMomentum)];
        _maximumMomentums = [.. groups.Select(_ => maximumMomentum)];
        if (cycleMomentum)
        {
            GroupMomentum.Check(optimizer, groups, nameof(CyclicLR));
        }

        SetBaseRates(groups.Select(_ => baseRate));
        Begin();
    }

    /// <inheritdoc/>
    protected override double NextRate(int group, double rate)
    {
        var cycle = Math.Floor(1 + (LastEpoch / _totalSize));
        var place = 1 + (LastEpoch / _totalSize) - cycle;
        var height = place <= _stepRatio ? place / _stepRatio : (place - 1) / (_stepRatio - 1);
        var scale = _mode switch
        {
            CyclicMode.Triangular2 => 1 / Math.Pow(2, cycle - 1),
            CyclicMode.ExponentialRange => Math.Pow(_gamma, LastEpoch),
            _ => 1,
        };
        if (_cycleMomentum)
        {
            var (low, high) = (At(_baseMomentums, group), At(_maximumMomentums, group));
            GroupMomentum.Set(Groups[group], high - ((high - low) * height * scale));
        }

        return BaseRate(group) + ((At(_maximumRates, group) - BaseRate(group)) * height * scale);
    }

    /// <inheritdoc/>
    protected override void WriteSettings(StateMap state)
    {
        ArgumentNullException.ThrowIfNull(state);
        state["max_lrs"] = Reals(_maximumRates);
        state["total_size"] = _totalSize;
        state["step_ratio"] = _stepRatio;
        state["mode"] = _mode switch
        {
            CyclicMode.Triangular2 => "triangular2",
            CyclicMode.ExponentialRange => "exp_range",
            _ => "triangular",
        };
        state["gamma"] = _gamma;
        state["_scale_fn_custom"] = StateValue.Null;
        state["scale_mode"] = _mode == CyclicMode.ExponentialRange ? "iterations" : "cycle";
        state["cycle_momentum"] = _cycleMomentum;
        state["base_momentums"] = Reals(_baseMomentums);
        state["max_momentums"] = Reals(_maximumMomentums);
    }

    /// <inheritdoc/>
    protected override void ReadSettings(StateMap state)
    {
        ArgumentNullException.ThrowIfNull(state);
        _maximumRates = ReadReals(state, "max_lrs") ?? _maximumRates;
        _totalSize = ReadReal(state, "total_size", _totalSize);
        _stepRatio = ReadReal(state, "step_ratio", _stepRatio);
        _gamma = ReadReal(state, "gamma", _gamma);
        _cycleMomentum = state.TryGetValue("cycle_momentum", out var cycles) ? cycles.AsBoolean() : _cycleMomentum;
        _baseMomentums = ReadReals(state, "base_momentums") ?? _baseMomentums;
        _maximumMomentums = ReadReals(state, "max_momentums") ?? _maximumMomentums;
    }

    private static double At(double[] values, int group) => values[Math.Min(group, values.Length - 1)];
}

/// <summary>Specifies how the cycles of a <see cref="CyclicLR"/> are scaled.</summary>
public enum CyclicMode
{
    /// <summary>All cycles have the same amplitude.</summary>
    Triangular,

    /// <summary>The amplitude is halved after each cycle.</summary>
    Triangular2,

    /// <summary>The amplitude is multiplied by a factor at every step.</summary>
    ExponentialRange,
}
