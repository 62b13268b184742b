using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite.Schedulers;

/// <summary>Runs several schedulers one after another, each from its own start.</summary>
/// <remarks>
/// Pass only the sequence to the trainer; it steps its schedulers. Schedulers that require a metric are not supported.
/// </remarks>
public sealed class SequentialLR : LearningRateScheduler
{
    private readonly LearningRateScheduler[] _schedulers;
    private long[] _milestones;

    /// <summary>Initializes a sequence of schedulers.</summary>
    /// <param name="optimizer">The optimizer.</param>
    /// <param name="schedulers">The schedulers in order, all of this optimizer.</param>
    /// <param name="milestones">The steps at which the next scheduler takes over, ascending: one fewer than there are schedulers.</param>
    /// <exception cref="ArgumentException">
    /// The number of milestones is wrong, or a scheduler belongs to another optimizer or requires a metric.
    /// </exception>
    public SequentialLR(optim.Optimizer optimizer, IReadOnlyList<LearningRateScheduler> schedulers, IReadOnlyList<long> milestones)
        : base(optimizer)
    {
        ArgumentNullException.ThrowIfNull(schedulers);
        ArgumentNullException.ThrowIfNull(milestones);
        SchedulerParts.Check(optimizer, schedulers, nameof(schedulers));
        if (milestones.Count != schedulers.Count - 1)
        {
            throw new ArgumentException(
                $"{schedulers.Count} schedulers require {schedulers.Count - 1} milestones, but there are {milestones.Count}.",
                nameof(milestones));
        }

        _schedulers = [.. schedulers];
        _milestones = [.. milestones];
        LastEpoch = 0;

        // Each scheduler has set its initial learning rates; only those of the first are to remain.
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
    /// <exception cref="NotSupportedException">Always thrown: a sequence can only advance step by step.</exception>
    public override void StepTo(long epoch) =>
        throw new NotSupportedException("A SequentialLR can only advance step by step, because its schedulers depend on each other.");

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

    internal override void WriteGroup(int group, StateMap state) =>
        Array.ForEach(_schedulers, scheduler => scheduler.WriteGroup(group, state));

    internal override void ReadGroup(int group, StateMap state) =>
        Array.ForEach(_schedulers, scheduler => scheduler.ReadGroup(group, state));
}

/// <summary>Runs several schedulers at every step, each applied to the result of the previous one.</summary>
/// <remarks>
/// Pass only the chain to the trainer; it steps its schedulers. Schedulers that require a metric are not supported.
/// </remarks>
public sealed class ChainedScheduler : LearningRateScheduler
{
    private readonly LearningRateScheduler[] _schedulers;

    /// <summary>Initializes a chain of schedulers.</summary>
    /// <param name="schedulers">The schedulers in order, all of the same optimizer.</param>
    /// <exception cref="ArgumentException">The list is empty, or a scheduler belongs to another optimizer or requires a metric.</exception>
    public ChainedScheduler(params IReadOnlyList<LearningRateScheduler> schedulers)
        : base(SchedulerParts.OptimizerOf(schedulers, nameof(schedulers)))
    {
        SchedulerParts.Check(Optimizer, schedulers, nameof(schedulers));
        _schedulers = [.. schedulers];
        LastEpoch = 0;
        NoteRates();
    }

    /// <inheritdoc/>
    public override void Step()
    {
        LastEpoch++;
        foreach (var scheduler in _schedulers)
        {
            scheduler.Step();
        }

        NoteRates();
    }

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">Always thrown: a chain can only advance step by step.</exception>
    public override void StepTo(long epoch) =>
        throw new NotSupportedException("A ChainedScheduler can only advance step by step, because its schedulers depend on each other.");

    /// <inheritdoc/>
    protected override double NextRate(int group, double rate) => rate;

    /// <inheritdoc/>
    protected override void WriteSettings(StateMap state)
    {
        ArgumentNullException.ThrowIfNull(state);
        state["_schedulers"] = SchedulerParts.StateDict(_schedulers);
    }

    /// <inheritdoc/>
    protected override void ReadSettings(StateMap state) => SchedulerParts.LoadStateDict(_schedulers, state);

    internal override void WriteGroup(int group, StateMap state) =>
        Array.ForEach(_schedulers, scheduler => scheduler.WriteGroup(group, state));

    internal override void ReadGroup(int group, StateMap state) =>
        Array.ForEach(_schedulers, scheduler => scheduler.ReadGroup(group, state));
}
