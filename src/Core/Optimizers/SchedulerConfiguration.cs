using Fulgurite.Schedulers;

namespace Fulgurite;

/// <summary>
/// A scheduler and its stepping interval. A scheduler converts to it implicitly and is then stepped once per epoch.
/// </summary>
/// <param name="scheduler">The scheduler.</param>
public sealed class SchedulerConfiguration(LearningRateScheduler scheduler)
{
    private readonly int _frequency = 1;

    /// <summary>Gets the scheduler.</summary>
    public LearningRateScheduler Scheduler { get; } = scheduler ?? throw new ArgumentNullException(nameof(scheduler));

    /// <summary>Gets the unit of <see cref="Frequency"/>: epochs or optimizer steps.</summary>
    /// <value>The default is <see cref="SchedulerInterval.Epoch"/>.</value>
    public SchedulerInterval Interval { get; init; }

    /// <summary>Gets the number of epochs or optimizer steps between two scheduler steps.</summary>
    /// <value>The default is 1.</value>
    public int Frequency
    {
        get => _frequency;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            _frequency = value;
        }
    }

    /// <summary>Gets the name of the monitored metric, such as <c>val_loss</c>. Required by schedulers that depend on a metric.</summary>
    /// <value>The default is null.</value>
    public string? Monitor { get; init; }

    /// <summary>
    /// Gets a value that indicates whether a metric that was never logged is an error when the scheduler is due. If false, the scheduler is
    /// not stepped in that case.
    /// </summary>
    /// <value>The default is true.</value>
    public bool Strict { get; init; } = true;

    /// <summary>Gets the name under which the learning rate is reported; null for the name of the optimizer.</summary>
    /// <value>The default is null.</value>
    public string? Name { get; init; }

    /// <summary>Converts a scheduler to a configuration that steps it once per epoch.</summary>
    /// <param name="scheduler">The scheduler.</param>
    public static implicit operator SchedulerConfiguration(LearningRateScheduler scheduler) => new(scheduler);
}

/// <summary>Specifies when the trainer steps a scheduler.</summary>
public enum SchedulerInterval
{
    /// <summary>At the end of each epoch.</summary>
    Epoch,

    /// <summary>After every optimizer step.</summary>
    Step,
}
