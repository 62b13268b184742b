namespace Fulgurite.Callbacks;

/// <summary>Determines when a checkpoint is due. Used on the thread of the run; an instance belongs to one callback.</summary>
/// <remarks>
/// Order of calls: <see cref="Start"/> once per run, then <see cref="IsDue"/> once at every moment, and <see cref="Asked"/> and
/// <see cref="Ended"/> for every save.
/// </remarks>
public interface ICheckpointTrigger
{
    /// <summary>
    /// Gets a value indicating whether the trigger depends on a clock, so that several processes must agree on its result.
    /// </summary>
    /// <value>The default is false.</value>
    bool UsesClock => false;

    /// <summary>Called when a run starts or resumes.</summary>
    void Start()
    {
    }

    /// <summary>Determines whether a checkpoint is due.</summary>
    /// <param name="moment">The moment.</param>
    bool IsDue(in CheckpointMoment moment);

    /// <summary>Called when the callback has requested a save of the newest state, because of this trigger or for another reason.</summary>
    /// <param name="operation">The save operation.</param>
    void Asked(SaveOperation operation)
    {
    }

    /// <summary>Called at the next step boundary after a requested save has ended, whatever its result.</summary>
    /// <param name="operation">The save operation, with its result and cost.</param>
    void Ended(SaveOperation operation)
    {
    }
}

/// <summary>A moment of training at which a checkpoint may be due.</summary>
/// <param name="Kind">The hook.</param>
/// <param name="GlobalStep">The number of optimizer steps.</param>
/// <param name="Epoch">The zero-based number of the epoch in progress or just ended.</param>
/// <param name="Stepped">Whether the optimizer has stepped since the previous moment.</param>
/// <param name="HasValidation">Whether the run validates.</param>
public readonly record struct CheckpointMoment(CheckpointMomentKind Kind, long GlobalStep, int Epoch, bool Stepped, bool HasValidation);

/// <summary>Specifies the hook at which a checkpoint may be due.</summary>
public enum CheckpointMomentKind
{
    /// <summary>A training batch has ended.</summary>
    TrainBatchEnd,

    /// <summary>A validation has ended, and its metrics are up to date.</summary>
    ValidationEnd,

    /// <summary>An epoch has ended, and its metrics are reduced.</summary>
    TrainEpochEnd,
}

/// <summary>Triggers every N optimizer steps.</summary>
/// <param name="steps">N; several batches that share a step count once.</param>
public sealed class EveryNStepsTrigger(int steps) : ICheckpointTrigger
{
    /// <summary>Gets the number of steps.</summary>
    public int Steps { get; } = Positive(steps);

    /// <inheritdoc/>
    public bool IsDue(in CheckpointMoment moment) =>
        moment.GlobalStep > 0 && moment.GlobalStep % Steps == 0 && moment.Kind switch
        {
            CheckpointMomentKind.TrainBatchEnd => moment.Stepped,
            CheckpointMomentKind.TrainEpochEnd => true, // A step at the end of data of unknown length belongs to no batch.
            _ => false,
        };

    private static int Positive(int steps)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(steps);
        return steps;
    }
}

/// <summary>Triggers every N epochs: after their validations, or at their end.</summary>
/// <param name="epochs">N; the one-based epoch number must be divisible by it.</param>
/// <param name="onTrainEpochEnd">
/// true for the end of epochs; false for each of their validations; null for validations if the run has any, and for the end otherwise.
/// </param>
public sealed class EveryNEpochsTrigger(int epochs, bool? onTrainEpochEnd = null) : ICheckpointTrigger
{
    /// <summary>Gets the number of epochs.</summary>
    public int Epochs { get; } = Positive(epochs);

    /// <inheritdoc/>
    public bool IsDue(in CheckpointMoment moment)
    {
        var kind = onTrainEpochEnd ?? !moment.HasValidation ? CheckpointMomentKind.TrainEpochEnd : CheckpointMomentKind.ValidationEnd;
        return moment.Kind == kind && (moment.Epoch + 1) % Epochs == 0;
    }

    private static int Positive(int epochs)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(epochs);
        return epochs;
    }
}

/// <summary>Triggers at the end of the first batch after a time interval.</summary>
/// <param name="interval">The interval; zero for every batch.</param>
/// <param name="timeProvider">The clock; null for the system clock.</param>
public sealed class TimeIntervalTrigger(TimeSpan interval, TimeProvider? timeProvider = null) : ICheckpointTrigger
{
    private readonly TimeProvider _time = timeProvider ?? TimeProvider.System;
    private long _last;

    /// <summary>Gets the interval.</summary>
    public TimeSpan Interval { get; } = NotNegative(interval);

    /// <inheritdoc/>
    public bool UsesClock => true;

    /// <inheritdoc/>
    public void Start() => _last = _time.GetTimestamp();

    /// <inheritdoc/>
    public bool IsDue(in CheckpointMoment moment)
    {
        var now = _time.GetTimestamp();
        if (moment.Kind != CheckpointMomentKind.TrainBatchEnd || _time.GetElapsedTime(_last, now) < Interval)
        {
            return false;
        }

        _last = now;
        return true;
    }

    private static TimeSpan NotNegative(TimeSpan interval)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(interval, TimeSpan.Zero);
        return interval;
    }
}

/// <summary>Never triggers: checkpoints are saved only at the end of the run.</summary>
public sealed class NeverTrigger : ICheckpointTrigger
{
    /// <inheritdoc/>
    public bool IsDue(in CheckpointMoment moment) => false;
}
