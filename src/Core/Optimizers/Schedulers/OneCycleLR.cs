using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite.Schedulers;

/// <summary>
/// Increases the learning rates to a maximum, then decreases them far below the initial value, and cycles the momentum inversely.
/// </summary>
public sealed class OneCycleLR : LearningRateScheduler
{
    private readonly AnnealingStrategy _strategy;
    private readonly List<Limits> _limits;
    private long _totalSteps;
    private Phase[] _phases;
    private bool _cycleMomentum;

    /// <summary>Initializes a scheduler. Step it after every optimizer step.</summary>
    /// <param name="optimizer">The optimizer.</param>
    /// <param name="maximumRate">The maximum learning rate.</param>
    /// <param name="totalSteps">The number of steps of the entire training. Further steps throw an exception.</param>
    /// <param name="risingShare">
    /// The fraction of steps with a rising learning rate, from 0 to 1; PyTorch's <c>pct_start</c>. Default: 0.3.
    /// </param>
    /// <param name="strategy">The annealing curve. Default: <see cref="AnnealingStrategy.Cosine"/>.</param>
    /// <param name="cycleMomentum">Whether to cycle the momentum inversely. Default: true.</param>
    /// <param name="baseMomentum">The minimum momentum. Default: 0.85.</param>
    /// <param name="maximumMomentum">The maximum momentum. Default: 0.95.</param>
    /// <param name="divisor">The ratio of the maximum learning rate to the initial one; PyTorch's <c>div_factor</c>. Default: 25.</param>
    /// <param name="finalDivisor">
    /// The ratio of the initial learning rate to the final one; PyTorch's <c>final_div_factor</c>. Default: 10000.
    /// </param>
    /// <param name="threePhases">Whether to add a phase that first returns to the initial learning rate. Default: false.</param>
    /// <exception cref="ArgumentException">The momentum is to be cycled, and the optimizer has none.</exception>
    public OneCycleLR(
        optim.Optimizer optimizer,
        double maximumRate,
        long totalSteps,
        double risingShare = 0.3,
        AnnealingStrategy strategy = AnnealingStrategy.Cosine,
        bool cycleMomentum = true,
        double baseMomentum = 0.85,
        double maximumMomentum = 0.95,
        double divisor = 25,
        double finalDivisor = 1e4,
        bool threePhases = false)
        : base(optimizer)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(totalSteps);
        ArgumentOutOfRangeException.ThrowIfNegative(risingShare);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(risingShare, 1);
        var groups = Groups;
        if (cycleMomentum)
        {
            GroupMomentum.Check(optimizer, groups, nameof(OneCycleLR));
        }

        (_totalSteps, _strategy, _cycleMomentum) = (totalSteps, strategy, cycleMomentum);
        _limits =
        [
            .. groups.Select(
                _ => new Limits(maximumRate / divisor, maximumRate, maximumRate / divisor / finalDivisor, baseMomentum, maximumMomentum)),
        ];
        _phases = threePhases ? ThreePhases(risingShare, totalSteps) : TwoPhases(risingShare, totalSteps);
        foreach (var group in groups)
        {
            group.InitialLearningRate = maximumRate / divisor;
        }

        SetBaseRates(groups.Select(group => group.InitialLearningRate));
        Begin();
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The cycle is complete.</exception>
    public override void Step()
    {
        if (LastEpoch >= _totalSteps)
        {
            throw new InvalidOperationException(
                $"The cycle of OneCycleLR has {_totalSteps} steps, and this would be step {LastEpoch + 1}. "
                    + "Set totalSteps to the number of training steps.");
        }

        base.Step();
    }

    /// <inheritdoc/>
    protected override double NextRate(int group, double rate)
    {
        var limits = LimitsOf(group);
        double start = 0;
        var phase = 0;
        while (phase < _phases.Length - 1 && LastEpoch > _phases[phase].End)
        {
            start = _phases[phase].End;
            phase++;
        }

        var current = _phases[phase];
        var share = (LastEpoch - start) / (current.End - start);
        if (_cycleMomentum)
        {
            GroupMomentum.Set(Groups[group], Anneal(limits[current.FromMomentum], limits[current.ToMomentum], share));
        }

        return Anneal(limits[current.FromRate], limits[current.ToRate], share);
    }

    /// <inheritdoc/>
    protected override void WriteSettings(StateMap state)
    {
        ArgumentNullException.ThrowIfNull(state);
        state["total_steps"] = _totalSteps;
        state["_schedule_phases"] = new StateList(_phases.Select(phase => new StateMap
        {
            ["end_step"] = phase.End,
            ["start_lr"] = phase.FromRate,
            ["end_lr"] = phase.ToRate,
            ["start_momentum"] = phase.FromMomentum,
            ["end_momentum"] = phase.ToMomentum,
        }));
        state["_anneal_func_type"] = _strategy == AnnealingStrategy.Cosine ? "cos" : "linear";
        state["cycle_momentum"] = _cycleMomentum;
        if (_cycleMomentum)
        {
            state["use_beta1"] = Groups[0] is optim.IBetas;
        }
    }

    /// <inheritdoc/>
    protected override void ReadSettings(StateMap state)
    {
        ArgumentNullException.ThrowIfNull(state);
        _totalSteps = ReadInteger(state, "total_steps", _totalSteps);
        _cycleMomentum = state.TryGetValue("cycle_momentum", out var cycles) ? cycles.AsBoolean() : _cycleMomentum;
        if (state.TryGetValue("_schedule_phases", out var phases))
        {
            _phases = [.. phases.AsList().Select(phase => Read(phase.AsMap()))];
        }
    }

    internal override void WriteGroup(int group, StateMap state)
    {
        var limits = LimitsOf(group);
        state["max_lr"] = limits.MaximumRate;
        state["min_lr"] = limits.MinimumRate;
        if (_cycleMomentum)
        {
            state["max_momentum"] = limits.MaximumMomentum;
            state["base_momentum"] = limits.BaseMomentum;
        }
    }

    internal override void ReadGroup(int group, StateMap state)
    {
        if (group < _limits.Count)
        {
            var own = _limits[group];
            _limits[group] = new Limits(
                ReadReal(state, "initial_lr", own.InitialRate),
                ReadReal(state, "max_lr", own.MaximumRate),
                ReadReal(state, "min_lr", own.MinimumRate),
                ReadReal(state, "base_momentum", own.BaseMomentum),
                ReadReal(state, "max_momentum", own.MaximumMomentum));
        }
    }

    private static Phase[] TwoPhases(double share, long steps) =>
    [
        new((share * steps) - 1, "initial_lr", "max_lr", "max_momentum", "base_momentum"),
        new(steps - 1, "max_lr", "min_lr", "base_momentum", "max_momentum"),
    ];

    private static Phase[] ThreePhases(double share, long steps) =>
    [
        new((share * steps) - 1, "initial_lr", "max_lr", "max_momentum", "base_momentum"),
        new((2 * share * steps) - 2, "max_lr", "initial_lr", "base_momentum", "max_momentum"),
        new(steps - 1, "initial_lr", "min_lr", "max_momentum", "max_momentum"),
    ];

    private static Phase Read(StateMap phase) => new(
        phase["end_step"].AsReal(),
        phase["start_lr"].AsText(),
        phase["end_lr"].AsText(),
        phase["start_momentum"].AsText(),
        phase["end_momentum"].AsText());

    private Limits LimitsOf(int group) => _limits[Math.Min(group, _limits.Count - 1)];

    private double Anneal(double start, double end, double share) => _strategy == AnnealingStrategy.Cosine
        ? end + ((start - end) / 2 * (Math.Cos(Math.PI * share) + 1))
        : ((end - start) * share) + start;

    /// <summary>A phase of the cycle. Its values have PyTorch's names.</summary>
    private sealed record Phase(double End, string FromRate, string ToRate, string FromMomentum, string ToMomentum);

    private sealed record Limits(double InitialRate, double MaximumRate, double MinimumRate, double BaseMomentum, double MaximumMomentum)
    {
        public double this[string name] => name switch
        {
            "initial_lr" => InitialRate,
            "max_lr" => MaximumRate,
            "min_lr" => MinimumRate,
            "base_momentum" => BaseMomentum,
            "max_momentum" => MaximumMomentum,
            _ => throw new InvalidOperationException($"A phase of OneCycleLR refers to the unknown value '{name}'."),
        };
    }
}

/// <summary>Specifies the annealing curve of a <see cref="OneCycleLR"/>.</summary>
public enum AnnealingStrategy
{
    /// <summary>Half a cosine wave.</summary>
    Cosine,

    /// <summary>A straight line.</summary>
    Linear,
}
