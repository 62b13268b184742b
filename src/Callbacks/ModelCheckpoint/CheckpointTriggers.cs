
namespace Fulgurite.Callbacks;

/// <summary>Says when a checkpoint is due. Used on the thread of the run; one instance belongs to one callback.</summary>
/// <remarks>Calls: <see cref="Start"/> once a run, then <see cref="IsDue"/> once at every moment, in order, and <see cref="Asked"/> and <see cref="Ended"/> for every
/// save.</remarks>
public interface ICheckpointTrigger
{
    /// <summary>Whether the answer depends on a clock, so that processes that train together have to agree on it. Default: false.</summary>
    bool UsesClock => false;

    /// <summary>A run begins or goes on.</summary>
    void Start()
    {
    }

    /// <summary>Whether a checkpoint is due.</summary>
    /// <param name="moment">The moment.</param>
    bool IsDue(in CheckpointMoment moment);

    /// <summary>The callback has asked for a save of the newest state, be it because this trigger said so or for another reason.</summary>
    /// <param name="operation">The save.</param>
    void Asked(SaveOperation operation)
    {
    }

    /// <summary>A save that was asked for has ended, in whichever way; told at the next step boundary.</summary>
    /// <param name="operation">How, and what it cost.</param>
    void Ended(SaveOperation operation)
    {
    }
}

/// <summary>A moment of training at which a checkpoint may be due.</summary>
/// <param name="Kind">The hook.</param>
/// <param name="GlobalStep">Optimizer steps done.</param>
/// <param name="Epoch">The number of the epoch that is under way or has just ended, from zero.</param>
/// <param name="Stepped">Whether the optimizer has stepped since the moment before.</param>
/// <param name="HasValidation">Whether the run validates.</param>
public readonly record struct CheckpointMoment(CheckpointMomentKind Kind, long GlobalStep, int Epoch, bool Stepped, bool HasValidation);

/// <summary>At which hooks a checkpoint may be due.</summary>
public enum CheckpointMomentKind
{
    /// <summary>A training batch was used.</summary>
    TrainBatchEnd,

    /// <summary>A validation has ended; what it logged is fresh.</summary>
    ValidationEnd,

    /// <summary>An epoch has ended; what it logged is reduced.</summary>
    TrainEpochEnd,
}

/// <summary>After every so many optimizer steps.</summary>
/// <param name="steps">How many; several batches that share a step count once.</param>
public sealed class EveryNStepsTrigger(int steps) : ICheckpointTrigger
{
    /// <summary>How many.</summary>
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

/// <summary>In every so many epochs: after their validations, or at their end.</summary>
/// <param name="epochs">In which: those whose number, from one, this divides.</param>
/// <param name="onTrainEpochEnd">True for at their end, false for after each of their validations; null for the latter where the run validates.</param>
public sealed class EveryNEpochsTrigger(int epochs, bool? onTrainEpochEnd = null) : ICheckpointTrigger
{
    /// <summary>In which epochs: those whose number, from one, this divides.</summary>
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

/// <summary>At the first batch that ends when so much time has passed.</summary>
/// <param name="interval">How much; zero for every batch.</param>
/// <param name="timeProvider">The clock; null for the system's.</param>
public sealed class TimeIntervalTrigger(TimeSpan interval, TimeProvider? timeProvider = null) : ICheckpointTrigger
{
    private readonly TimeProvider _time = timeProvider ?? TimeProvider.System;
    private long _last;

    /// <summary>How much time.</summary>
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

/// <summary>Never: what is saved is saved at the end of the run.</summary>
public sealed class NeverTrigger : ICheckpointTrigger
{
    /// <inheritdoc/>
    public bool IsDue(in CheckpointMoment moment) => false;
}
