using System.Diagnostics;
using Fulgurite.Callbacks;
using Fulgurite.IO;
using Fulgurite.State;
using Microsoft.Extensions.Logging;

namespace Fulgurite.Checkpointing;

/// <summary>The checkpoints of one run: saves, removals, what became of them, and where to go on from.</summary>
internal sealed partial class RunCheckpoints(Trainer trainer, ILogger logger)
{
    private readonly CheckpointLedger _ledger = new(logger);

    public int Pending => _ledger.Pending;

    public CheckpointCosts Costs => _ledger.Costs();

    public CheckpointTicket Save(TrainingState state, string path, SaveOptions? options)
    {
        var ticket = trainer.Strategy.SaveCheckpoint(state, path, options);
        _ledger.Add(ticket);
        return ticket;
    }

    public void Remove(string path) => _ledger.AddRemoval(path, trainer.Strategy.RemoveCheckpointAsync(path));

    /// <summary>The path of what somebody asks to load: <c>last</c> or <c>best</c> of the first checkpoint callback, or the path itself.</summary>
    /// <exception cref="InvalidOperationException">No callback saves checkpoints.</exception>
    /// <exception cref="CheckpointNotFoundException">It knows none.</exception>
    public string Resolve(string checkpointPath)
    {
        if (checkpointPath is not ("last" or "best"))
        {
            return checkpointPath;
        }

        var callbacks = trainer.CheckpointCallbacks;
        if (trainer.IsFastDevRun || callbacks.Count == 0)
        {
            throw new InvalidOperationException(
                $"The {checkpointPath} checkpoint is asked for and {(trainer.IsFastDevRun ? "a FastDevRun saves none" : "no callback saves any")}. Give a path{(trainer.IsFastDevRun ? string.Empty : ", or add a ModelCheckpoint")}.");
        }

        if (callbacks.Count > 1)
        {
            LogSeveral(logger, checkpointPath, callbacks[0].GetType().Name, callbacks.Count);
        }

        return checkpointPath == "last"
            ? callbacks[0].FindLast(trainer)
                ?? throw new CheckpointNotFoundException("last", "The checkpoint callback knows none in its directory. Start without resuming, or give a path.")
            : callbacks[0].BestModelPath
                ?? throw new CheckpointNotFoundException("best", "The checkpoint callback has saved none that compares a metric. Set Monitor, or give a path.");
    }

    /// <summary>Loads weights, and tells the module and callbacks of the state that they come from.</summary>
    public void LoadForEvaluation(TrainingModule module, string checkpointPath)
    {
        var path = Resolve(checkpointPath);
        using var state = trainer.Strategy.LoadCheckpoint(path, options: null);
        ModuleWeights.Check(state, module, path);
        var arguments = new OnLoadCheckpointArguments(trainer, module, state);
        module.OnLoadCheckpoint(arguments);
        trainer.CallbackList.Run(static (callback, arguments) => callback.OnLoadCheckpoint(arguments), arguments);
        trainer.Strategy.CheckpointIO.BeforeParametersChange();
        ModuleWeights.Apply(state, module, path);
    }

    /// <summary>Tells callbacks of saves that have ended, and stops the run where the policy asks for it.</summary>
    public void Settle(TrainingModule module)
    {
        _ledger.Settle(trainer, module);
        if (_ledger.Failures.Count > 0 && trainer.Options.OnCheckpointFailure == CheckpointFailurePolicy.Stop)
        {
            throw Failure();
        }
    }

    /// <summary>Ends the saves of a run: every one is durable or has failed, and callbacks know.</summary>
    public void Drain(TrainingModule module)
    {
        var start = Stopwatch.GetTimestamp();
        trainer.Strategy.TearDown();
        _ledger.AddDrain(Stopwatch.GetElapsedTime(start));
        _ledger.Settle(trainer, module);
        _ledger.AwaitRemovals();
        var costs = _ledger.Costs();
        if (costs.Saves > 0)
        {
            LogCosts(logger, costs);
        }
    }

    public void ThrowIfSavesFailed()
    {
        if (_ledger.Failures.Count > 0 && trainer.Options.OnCheckpointFailure != CheckpointFailurePolicy.Continue)
        {
            throw Failure();
        }
    }

    private CheckpointException Failure()
    {
        var first = _ledger.Failures[0];
        return _ledger.Failures.Count == 1
            ? first
            : new CheckpointException(
                $"{_ledger.Failures.Count} checkpoints were not saved ({string.Join(", ", _ledger.Failures.Select(failure => failure.Path).Distinct(StringComparer.Ordinal).Take(5))}). The first: {first.Message}",
                first.Path,
                new AggregateException(_ledger.Failures));
    }

    [LoggerMessage(1000, LogLevel.Information, "{Costs}")]
    private static partial void LogCosts(ILogger logger, CheckpointCosts costs);

    [LoggerMessage(1004, LogLevel.Warning, "The {Which} checkpoint is that of {Callback}, the first of {Count} callbacks that save")]
    private static partial void LogSeveral(ILogger logger, string which, string callback, int count);
}
