using Fulgurite.Callbacks;
using Fulgurite.IO;
using Microsoft.Extensions.Logging;

namespace Fulgurite.Checkpointing;

/// <summary>The saves of a run: which still run, how they ended, and what they cost. Used on the thread of the run.</summary>
internal sealed partial class CheckpointLedger(ILogger logger)
{
    private readonly List<CheckpointTicket> _pending = [];
    private readonly List<CheckpointException> _failures = [];
    private readonly List<(string Path, Task Removal)> _removals = [];
    private int _saves;
    private int _durable;
    private int _superseded;
    private int _failed;
    private long _bytes;
    private TimeSpan _stall;
    private TimeSpan _longestStall;
    private TimeSpan _drain;
    private int _drained;

    /// <summary>Saves that failed and that nobody was told of by an exception yet.</summary>
    public IReadOnlyList<CheckpointException> Failures => _failures;

    public int Pending => _pending.Count;

    /// <summary>Gets the ends of the saves that still run.</summary>
    public IEnumerable<Task> Ends => _pending.Select(ticket => ticket.Completion);

    public void Add(CheckpointTicket ticket)
    {
        _saves++;
        _pending.Add(ticket);
    }

    /// <summary>Whether there was a save or a removal since the last drain. The same in all processes that train together.</summary>
    public bool HasUndrained => _saves > _drained || _removals.Count > 0;

    public void AddDrain(TimeSpan time) => (_drain, _drained) = (_drain + time, _saves);

    public void AddRemoval(string path, Task removal) => _removals.Add((path, removal));

    /// <summary>Waits for removals. One that fails leaves a file too many, which is said, but costs nobody a run.</summary>
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

    /// <summary>Counts what is still being saved as failed: nobody waits for it any longer, and nobody may take it for saved.</summary>
    /// <param name="waited">How long was waited.</param>
    public void GiveUpPending(TimeSpan waited)
    {
        foreach (var ticket in _pending)
        {
            var failure = new CheckpointException(
                $"The checkpoint '{ticket.Path}' was not durable {waited} after the run had ended early (DrainTimeout). It may still become so while the process lives. What was there before still stands.", ticket.Path);
            _failed++;
            _failures.Add(failure);
            LogFailed(logger, failure, ticket.Path);
        }

        _pending.Clear();
        _removals.Clear();
    }

    /// <summary>Tells callbacks of saves that have ended since the last call.</summary>
    public void Settle(Trainer trainer, TrainingModule module)
    {
        for (var index = 0; index < _pending.Count;)
        {
            var ticket = _pending[index];
            if (ticket.Outcome == CheckpointOutcome.Pending)
            {
                index++;
                continue;
            }

            _pending.RemoveAt(index);
            Count(ticket);
            if (ticket.Outcome == CheckpointOutcome.Durable)
            {
                trainer.Run.Hooks.CallCallbacks(new OnCheckpointDurableArguments(trainer, module, ticket));
                trainer.Flow.Tell(ticket);
            }
            else
            {
                trainer.Run.Hooks.CallCallbacks(new OnCheckpointDroppedArguments(trainer, module, ticket));
            }
        }
    }

    public CheckpointCosts Costs() => new(_saves, _durable, _superseded, _failed, _bytes, _stall, _longestStall, _drain);

    private void Count(CheckpointTicket ticket)
    {
        _stall += ticket.Stall;
        _longestStall = ticket.Stall > _longestStall ? ticket.Stall : _longestStall;
        switch (ticket.Outcome)
        {
            case CheckpointOutcome.Durable:
                _durable++;
                _bytes += ticket.ByteCount;
                LogDurable(logger, ticket.Path, ticket.ByteCount, ticket.Stall.TotalMilliseconds, ticket.WriteTime.TotalMilliseconds);
                break;
            case CheckpointOutcome.Superseded:
                _superseded++;
                break;
            case CheckpointOutcome.Failed:
                _failed++;
                _failures.Add(ticket.Failure!);
                if (ticket.Failure!.IsInPlace)
                {
                    LogInPlace(logger, ticket.Failure, ticket.Path);
                }
                else
                {
                    LogFailed(logger, ticket.Failure, ticket.Path);
                }

                break;
            default:
                break;
        }
    }

    [LoggerMessage(1001, LogLevel.Debug, "Checkpoint {Path} is durable: {Bytes} bytes, training waited {StallMs} ms, written in {WriteMs} ms")]
    private static partial void LogDurable(ILogger logger, string path, long bytes, double stallMs, double writeMs);

    [LoggerMessage(1002, LogLevel.Error, "Checkpoint {Path} was not saved; what was there before still stands")]
    private static partial void LogFailed(ILogger logger, Exception exception, string path);

    [LoggerMessage(1004, LogLevel.Error, "Checkpoint {Path} is in place and may not survive a power cut; older checkpoints are kept")]
    private static partial void LogInPlace(ILogger logger, Exception exception, string path);

    [LoggerMessage(1003, LogLevel.Warning, "Checkpoint {Path}, which is no longer wanted, could not be removed: {Reason}")]
    private static partial void LogNotRemoved(ILogger logger, string path, string reason);
}
