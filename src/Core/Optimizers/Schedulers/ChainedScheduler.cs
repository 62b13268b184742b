using Fulgurite.State;

namespace Fulgurite.Schedulers;

/// <summary>Runs several schedulers at every step, each upon what the one before has set.</summary>
/// <remarks>Give the trainer the chain alone; what is in it is stepped by it. A scheduler that wants a metric cannot be in it.</remarks>
public sealed class ChainedScheduler : LearningRateScheduler
{
    private readonly LearningRateScheduler[] _schedulers;

    /// <summary>Makes a scheduler.</summary>
    /// <param name="schedulers">The schedulers in order, all of one optimizer.</param>
    /// <exception cref="ArgumentException">There is none, or one is of another optimizer or wants a metric.</exception>
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
    /// <exception cref="NotSupportedException">Always: a chain goes step by step.</exception>
    public override void StepTo(long epoch) => throw new NotSupportedException("A ChainedScheduler goes step by step; its schedulers build on each other.");

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
