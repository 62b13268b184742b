using System.Diagnostics;
using Fulgurite.State;
using Microsoft.Extensions.Logging;

namespace Fulgurite;

/// <summary>The saves and removals of one run, and their outcomes.</summary>
internal sealed partial class RunCheckpoints(Trainer trainer, ILogger logger)
{
    private readonly PendingSaves _pending = new(logger);

    public int Pending => _pending.Pending;

    public CheckpointCosts Costs => _pending.Costs();

    /// <summary>Gets the newest durable state of this run that can be resumed; null if there is none.</summary>
    public SavedState? Saved => _pending.Saved;

    public SaveOperation Save(TrainingState state, string path, SaveOptions? options)
    {
        var operation = trainer.Strategy.SaveCheckpoint(state, path, options);
        operation.GlobalStep = options?.GlobalStep
            ?? (state.Find(CheckpointKeys.GlobalStep) is StateInteger { Value: var step } ? step : trainer.GlobalStep);
        operation.CanResume = state.Find(CheckpointKeys.OptimizerStates) is not null;
        if (trainer.IsFitting)
        {
            _pending.Add(operation);
            return operation;
        }

        // No step boundary follows, at which the outcome would be reported. The run of an evaluation goes on.
        if (trainer.Strategy is ParallelStrategy parallel)
        {
            parallel.EndSaves();
        }
        else
        {
            trainer.Strategy.TearDown();
        }

        _pending.AddEnded(operation);
        return operation.Failure is { } failure && trainer.Options.OnCheckpointFailure != CheckpointFailurePolicy.Continue
            ? throw failure
            : operation;
    }

    public void Remove(string path) => _pending.AddRemoval(path, trainer.Strategy.RemoveCheckpointAsync(path));

    /// <summary>Notifies callbacks of ended saves, and stops the run if the policy requires it.</summary>
    public void Settle(TrainingModule module)
    {
        _pending.Settle(trainer, module);
        if (_pending.Failures.Count > 0 && trainer.Options.OnCheckpointFailure == CheckpointFailurePolicy.Stop)
        {
            throw Failure();
        }
    }

    /// <summary>Ends the saves of a run: each is durable or has failed, and callbacks are notified.</summary>
    /// <param name="module">The module of the run.</param>
    /// <param name="timeout">The maximum time to wait, after which pending saves count as failed; null for no limit.</param>
    public void Drain(TrainingModule module, TimeSpan? timeout = null)
    {
        var start = Stopwatch.GetTimestamp();
        if (timeout is not null)
        {
            trainer.Strategy.CheckpointIO.GetCapability<ICheckpointCapture>()?.WriteResumePointsFirst();
        }

        var ended = timeout is { } limit && _pending.HasUndrained
            ? (trainer.Strategy as ParallelStrategy)?.TryEndParts(limit, trainer.Time)
            : null;
        if (!(ended ?? AllAgree(TryFlush(module, timeout), timeout)))
        {
            _pending.AddDrain(Stopwatch.GetElapsedTime(start));
            _pending.Settle(trainer, module);
            _pending.GiveUpPending(timeout!.Value);
            return;
        }

        trainer.Strategy.TearDown();
        _pending.AddDrain(Stopwatch.GetElapsedTime(start));
        _pending.Settle(trainer, module);
        _pending.AwaitRemovals();
        var costs = _pending.Costs();
        if (costs.Saves > 0)
        {
            LogCosts(logger, costs);
        }
    }

    /// <summary>
    /// Returns whether all processes have flushed their saves in time; otherwise, those that have would wait for the others after it.
    /// </summary>
    private bool AllAgree(bool flushed, TimeSpan? timeout)
    {
        try
        {
            return timeout is null || trainer.Strategy.Collectives.WorldSize == 1 || !_pending.HasUndrained ? flushed
                : trainer.Strategy.Collectives.ReduceDecision(flushed);
        }
        catch (InvalidOperationException)
        {
            // The others are gone.
            return flushed;
        }
    }

    /// <summary>Drains the saves and removals of the last hooks of a run, if any.</summary>
    public void DrainRest(TrainingModule module, TimeSpan? timeout)
    {
        if (_pending.HasUndrained)
        {
            Drain(module, timeout);
        }
    }

    /// <summary>
    /// Waits for accepted saves and notifies callbacks of each as it ends, so that the checkpoint it replaces is removed before the next is
    /// written.
    /// </summary>
    private bool TryFlush(TrainingModule module, TimeSpan? timeout)
    {
        if (timeout is null && _pending.Ends.All(end => end.IsCompleted))
        {
            return true; // The tear-down flushes.
        }

        var flush = trainer.Strategy.CheckpointIO.FlushAsync(CancellationToken.None);
        if (timeout is { } limit)
        {
            flush = flush.WaitAsync(limit, trainer.Time);
        }

        // Processes may observe different completion orders of saves; with several processes, callbacks are notified after all have ended.
        while (trainer.Strategy.Collectives.WorldSize == 1 && !flush.IsCompleted && _pending.Pending > 0)
        {
            Task.WaitAny([flush, .. _pending.Ends]);
            _pending.Settle(trainer, module);
        }

        try
        {
            flush.GetAwaiter().GetResult();
            return true;
        }
        catch (TimeoutException) when (timeout is not null)
        {
            return false;
        }
    }

    public void ThrowIfSavesFailed()
    {
        if (_pending.Failures.Count > 0 && trainer.Options.OnCheckpointFailure != CheckpointFailurePolicy.Continue)
        {
            throw Failure();
        }
    }

    private CheckpointException Failure()
    {
        // Each failure was logged: a message with the traces of hundreds of equal ones would hide its beginning.
        var first = _pending.Failures[0];
        return _pending.Failures.Count == 1
            ? first
            : new CheckpointException(
                $"{_pending.Failures.Count} checkpoints were not saved ("
                    + $"{string.Join(", ", _pending.Failures.Select(failure => failure.Path).Distinct(StringComparer.Ordinal).Take(5))}). "
                    + $"The first: {first.Message}",
                first.Path,
                first);
    }

    [LoggerMessage(1000, LogLevel.Information, "{Costs}")]
    private static partial void LogCosts(ILogger logger, CheckpointCosts costs);
}
