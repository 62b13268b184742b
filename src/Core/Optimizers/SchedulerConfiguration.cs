using Fulgurite.Schedulers;

namespace Fulgurite;

/// <summary>A scheduler and when the trainer steps it. A scheduler alone converts to it and is stepped once an epoch.</summary>
/// <param name="scheduler">The scheduler.</param>
public sealed class SchedulerConfiguration(LearningRateScheduler scheduler)
{
    private readonly int _frequency = 1;

    /// <summary>The scheduler.</summary>
    public LearningRateScheduler Scheduler { get; } = scheduler ?? throw new ArgumentNullException(nameof(scheduler));

    /// <summary>Whether it is stepped after epochs or after optimizer steps. Default: epochs.</summary>
    public SchedulerInterval Interval { get; init; }

    /// <summary>After how many epochs or optimizer steps it is stepped. Default: 1.</summary>
    public int Frequency
    {
        get => _frequency;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            _frequency = value;
        }
    }

    /// <summary>The metric that it goes by, such as <c>val_loss</c>; needed by schedulers that want one. Default: none.</summary>
    public string? Monitor { get; init; }

    /// <summary>
    /// Whether it is an error that the metric was never logged when the scheduler is due; else the scheduler is not stepped then.
    /// Default: true.
    /// </summary>
    public bool Strict { get; init; } = true;

    /// <summary>The name under which its learning rate is shown; null for the name of the optimizer. Default: null.</summary>
    public string? Name { get; init; }

    /// <summary>Steps a scheduler once an epoch.</summary>
    /// <param name="scheduler">The scheduler.</param>
    public static implicit operator SchedulerConfiguration(LearningRateScheduler scheduler) => new(scheduler);
}

/// <summary>When the trainer steps a scheduler.</summary>
public enum SchedulerInterval
{
    /// <summary>Once an epoch, at its end.</summary>
    Epoch,

    /// <summary>After every optimizer step.</summary>
    Step,
}
