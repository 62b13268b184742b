using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite.Schedulers;

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
        _milestones = new SortedDictionary<long, long>(milestones.CountBy(milestone => milestone).ToDictionary(entry => entry.Key, entry => (long)entry.Value));
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
            _milestones = new SortedDictionary<long, long>(counts.ToDictionary(entry => entry.Key.Number, entry => entry.Value.AsInteger()));
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
