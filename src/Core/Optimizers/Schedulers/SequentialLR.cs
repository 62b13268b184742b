using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite.Schedulers;

/// <summary>Runs several schedulers one after the other, each from its own start.</summary>
/// <remarks>Give the trainer the sequence alone; what is in it is stepped by it. A scheduler that wants a metric cannot be in it.</remarks>
public sealed class SequentialLR : LearningRateScheduler
{
    private readonly LearningRateScheduler[] _schedulers;
    private long[] _milestones;

    /// <summary>Makes a scheduler.</summary>
    /// <param name="optimizer">The optimizer whose learning rates change.</param>
    /// <param name="schedulers">The schedulers in order, all of this optimizer.</param>
    /// <param name="milestones">The steps at which the next one takes over: one less than there are schedulers, rising.</param>
    /// <exception cref="ArgumentException">The numbers do not fit, or a scheduler is of another optimizer or wants a metric.</exception>
    public SequentialLR(optim.Optimizer optimizer, IReadOnlyList<LearningRateScheduler> schedulers, IReadOnlyList<long> milestones)
        : base(optimizer)
    {
        ArgumentNullException.ThrowIfNull(schedulers);
        ArgumentNullException.ThrowIfNull(milestones);
        SchedulerParts.Check(optimizer, schedulers, nameof(schedulers));
        if (milestones.Count != schedulers.Count - 1)
        {
            throw new ArgumentException($"{schedulers.Count} schedulers take over from each other at {schedulers.Count - 1} steps; {milestones.Count} are named.", nameof(milestones));
        }

        _schedulers = [.. schedulers];
        _milestones = [.. milestones];
        LastEpoch = 0;

        // All have set their first learning rates; only the first one's are to hold.
        foreach (var group in Groups)
        {
            group.LearningRate = group.InitialLearningRate;
        }

        foreach (var scheduler in _schedulers)
        {
            scheduler.Undo();
        }

        _schedulers[0].BeginAnew();
        NoteRates();
    }

    /// <inheritdoc/>
    public override void Step()
    {
        LastEpoch++;
        var index = _milestones.Count(milestone => milestone <= LastEpoch);
        if (index > 0 && _milestones[index - 1] == LastEpoch)
        {
            _schedulers[index].StepTo(0);
        }
        else
        {
            _schedulers[index].Step();
        }

        NoteRates();
    }

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">Always: a sequence goes step by step.</exception>
    public override void StepTo(long epoch) => throw new NotSupportedException("A SequentialLR goes step by step; its schedulers build on each other.");

    /// <inheritdoc/>
    protected override double NextRate(int group, double rate) => rate;

    /// <inheritdoc/>
    protected override void WriteSettings(StateMap state)
    {
        ArgumentNullException.ThrowIfNull(state);
        state["_milestones"] = new StateList(_milestones.Select(milestone => (StateValue)milestone));
        state["_schedulers"] = SchedulerParts.StateDict(_schedulers);
    }

    /// <inheritdoc/>
    protected override void ReadSettings(StateMap state)
    {
        ArgumentNullException.ThrowIfNull(state);
        if (state.TryGetValue("_milestones", out var milestones))
        {
            _milestones = [.. milestones.AsList().Select(milestone => milestone.AsInteger())];
        }

        SchedulerParts.LoadStateDict(_schedulers, state);
    }

    internal override void WriteGroup(int group, StateMap state) => Array.ForEach(_schedulers, scheduler => scheduler.WriteGroup(group, state));

    internal override void ReadGroup(int group, StateMap state) => Array.ForEach(_schedulers, scheduler => scheduler.ReadGroup(group, state));
}
