using Fulgurite.State;

namespace Fulgurite.Schedulers;

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
    public override void StepTo(long epoch) => throw new NotSupportedException("A ChainedScheduler can only advance step by step, because its schedulers depend on each other.");

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

    internal override void WriteGroup(int group, StateMap state) => Array.ForEach(_schedulers, scheduler => scheduler.WriteGroup(group, state));

    internal override void ReadGroup(int group, StateMap state) => Array.ForEach(_schedulers, scheduler => scheduler.ReadGroup(group, state));
}
