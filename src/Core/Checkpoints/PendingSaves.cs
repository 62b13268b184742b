using Microsoft.Extensions.Logging;

namespace Fulgurite;

/// <summary>Tracks the saves of a run: pending saves, outcomes and costs.</summary>
/// <remarks>Used on the training thread, except <see cref="Saved"/>.</remarks>
internal sealed partial class PendingSaves(ILogger logger)
{
    // Changed on the training thread, under the lock; read by others under the lock.
    private readonly List<SaveOperation> _pending = [];
    private readonly Lock _lock = new();
    private readonly List<CheckpointException> _failures = [];
    private readonly List<(string Path, Task Removal)> _removals = [];
    private int _saves;
    private int _durable;
    private int _superseded;
    private int _failed;
    private long _bytes;
    private TimeSpan _stall;
    private TimeSpan _longestStall;
    private TimeSpan _processorTime;
    private TimeSpan _drain;
    private int _drained;
    private SavedState? _saved;

    /// <summary>Gets the failed saves that no exception has reported yet.</summary>
    public IReadOnlyList<CheckpointException> Failures => _failures;

    /// <summary>Gets the newest durable state that can be resumed; null if there is none.</summary>
    /// <remarks>
    /// A second Ctrl-C reads it on another thread, e.g. during a long step: saves that became durable meanwhile are included.
    /// </remarks>
    public SavedState? Saved
    {
        get
        {
            lock (_lock)
            {
                return _pending.FindAll(operation => operation.Outcome == CheckpointOutcome.Durable).Aggregate(_saved, Newer);
            }
        }
    }

    public int Pending => _pending.Count;

    /// <summary>Gets the completion tasks of the pending saves.</summary>
    public IEnumerable<Task> Ends => _pending.Select(operation => operation.Completion);

    public void Add(SaveOperation operation)
    {
        _saves++;
        lock (_lock)
        {
            _pending.Add(operation);
        }
    }

    /// <summary>Counts a save that has ended already, outside a fit.</summary>
    public void AddEnded(SaveOperation operation)
    {
        _saves++;
        _drained++;
        Count(operation);
    }

    /// <summary>
    /// Gets whether there was a save or removal since the last drain. The value is the same in all processes of a training.
    /// </summary>
    public bool HasUndrained => _saves > _drained + _pending.Count(operation => operation.IsWithdrawn) || _removals.Count > 0;

    public void AddDrain(TimeSpan time) => (_drain, _drained) = (_drain + time, _saves);

    public void AddRemoval(string path, Task removal) => _removals.Add((path, removal));

    /// <summary>Waits for removals. A failed removal leaves an extra file and is logged, but does not end the run.</summary>
    public void AwaitRemovals()
    {
        foreach (var (path, removal) in _removals)
        {
            try
            {
                removal.GetAwaiter().GetResult();
            }
            catch (Exception exception)
            {
                LogNotRemoved(logger, path, exception.Message);
            }
        }

        _removals.Clear();
    }

    /// <summary>Counts the saves that have ended, reports all others as failed, and stops waiting for them.</summary>
    /// <param name="waited">The time already waited.</param>
    public void GiveUpPending(TimeSpan waited)
    {
        foreach (var operation in _pending)
        {
            if (operation.Outcome != CheckpointOutcome.Pending)
            {
                Count(operation);
                continue;
            }

            var failure = new CheckpointException(
                $"The checkpoint '{operation.Path}' was not durable {waited} after the run ended early (DrainTimeout). "
                    + "It may still become durable before the process ends. The previous checkpoint is intact.",
                operation.Path);
            _failed++;
            _failures.Add(failure);
            LogFailed(logger, failure, operation.Path);
        }

        lock (_lock)
        {
            _pending.Clear();
        }

        _removals.Clear();
    }

    /// <summary>
    /// Notifies callbacks of saves that have ended since the last call. Saves of one slot are reported in their order, although an older
    /// one may end, and a newer one after it, between two looks at their outcomes: otherwise, a callback would take the older state for the
    /// newer.
    /// </summary>
    public void Settle(Trainer trainer, TrainingModule module)
    {
        HashSet<string> waiting = new(StringComparer.Ordinal);
        for (var index = 0; index < _pending.Count;)
        {
            var operation = _pending[index];
            var slot = operation.Options.Slot;
            if ((slot is not null && waiting.Contains(slot)) || operation.Outcome == CheckpointOutcome.Pending)
            {
                if (slot is not null)
                {
                    waiting.Add(slot);
                }

                index++;
                continue;
            }

            Count(operation);
            lock (_lock)
            {
                _pending.RemoveAt(index);
            }

            if (operation.Outcome == CheckpointOutcome.Durable)
            {
                trainer.Run.Hooks.CallCallbacks(new OnCheckpointDurableArguments(trainer, module, operation));
                trainer.Flow.Tell(operation);
            }
            else
            {
                trainer.Run.Hooks.CallCallbacks(new OnCheckpointDroppedArguments(trainer, module, operation));
            }
        }
    }

    public CheckpointCosts Costs() => new(_saves, _durable, _superseded, _failed, _bytes, _stall, _longestStall, _drain, _processorTime);

    private static SavedState? Newer(SavedState? saved, SaveOperation durable) =>
        durable is { CanResume: true, GlobalStep: { } step } && !(saved?.GlobalStep > step) ? new SavedState(durable.Path, step) : saved;

    private void Count(SaveOperation operation)
    {
        _stall += operation.Stall;
        _longestStall = operation.Stall > _longestStall ? operation.Stall : _longestStall;
        _processorTime += operation.ProcessorTime;
        switch (operation.Outcome)
        {
            case CheckpointOutcome.Durable:
                _durable++;
                lock (_lock)
                {
                    _saved = Newer(_saved, operation);
                }

                _bytes += operation.ByteCount;
                LogDurable(
                    logger, operation.Path, operation.ByteCount, operation.Stall.TotalMilliseconds, operation.WriteTime.TotalMilliseconds);
                break;
            case CheckpointOutcome.Superseded:
                _superseded++;
                break;
            case CheckpointOutcome.Failed:
                _failed++;
                _failures.Add(operation.Failure!);
                if (operation.Failure!.IsInPlace)
                {
                    LogInPlace(logger, operation.Failure, operation.Path);
                }
                else
                {
                    LogFailed(logger, operation.Failure, operation.Path);
                }

                break;
            default:
                break;
        }
    }

    [LoggerMessage(
        1001, LogLevel.Debug, "Checkpoint {Path} is durable: {Bytes} bytes, training waited {StallMs} ms, written in {WriteMs} ms")]
    private static partial void LogDurable(ILogger logger, string path, long bytes, double stallMs, double writeMs);

    [LoggerMessage(1002, LogLevel.Error, "Checkpoint {Path} was not saved; the previous checkpoint is intact")]
    private static partial void LogFailed(ILogger logger, Exception exception, string path);

    [LoggerMessage(
        1004, LogLevel.Error,
        "Checkpoint {Path} is in place but may be damaged or not survive a power failure; older checkpoints are kept")]
    private static partial void LogInPlace(ILogger logger, Exception exception, string path);

    [LoggerMessage(1003, LogLevel.Warning, "Checkpoint {Path} is no longer needed, but could not be removed: {Reason}")]
    private static partial void LogNotRemoved(ILogger logger, string path, string reason);
}

/// <summary>A durable state that can be resumed.</summary>
/// <param name="Path">Its path.</param>
/// <param name="GlobalStep">Its step.</param>
internal sealed record SavedState(string Path, long GlobalStep);
