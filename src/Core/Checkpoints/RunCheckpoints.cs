using System.Diagnostics;
using Fulgurite.Callbacks;
using Fulgurite.State;
using Microsoft.Extensions.Logging;

namespace Fulgurite;

/// <summary>The checkpoints of one run: saves, removals, outcomes, and the choice of the checkpoint to resume from.</summary>
internal sealed partial class RunCheckpoints(Trainer trainer, ILogger logger)
{
    private readonly PendingSaves _pending = new(logger);

    public int Pending => _pending.Pending;

    public CheckpointCosts Costs => _pending.Costs();

    public SaveOperation Save(TrainingState state, string path, SaveOptions? options)
    {
        var operation = trainer.Strategy.SaveCheckpoint(state, path, options);
        operation.GlobalStep = options?.GlobalStep
            ?? (state.Find(CheckpointKeys.GlobalStep) is StateInteger { Value: var step } ? step : trainer.GlobalStep);
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

    /// <summary>
    /// Tests whether checkpoints can be saved to a directory. In distributed training, the writing process shares the result.
    /// </summary>
    /// <exception cref="CheckpointException">Checkpoints cannot be saved there, and the policy is not to continue without them.</exception>
    public void Probe(string directory)
    {
        CheckpointException? failure = null;
        try
        {
            if (trainer.Strategy.Collectives.IsRankZero)
            {
                trainer.Strategy.CheckpointIO.ProbeAsync(directory, CancellationToken.None).GetAwaiter().GetResult();
            }
        }
        catch (CheckpointException exception)
        {
            failure = exception;
        }

        if (trainer.Strategy.Collectives.WorldSize > 1 && trainer.Strategy.Collectives.Broadcast(failure?.Message) is { } message)
        {
            failure ??= new CheckpointException(message, directory);
        }

        if (failure is null)
        {
            return;
        }

        if (trainer.Options.OnCheckpointFailure != CheckpointFailurePolicy.Continue)
        {
            throw failure;
        }

        LogUnusable(logger, failure.Message);
    }

    /// <summary>
    /// Resolves a checkpoint path: <c>last</c> to the newest checkpoint of all checkpoint callbacks, <c>best</c> to that of the first
    /// callback that has one, and anything else to itself.
    /// </summary>
    /// <exception cref="InvalidOperationException">No callback saves checkpoints.</exception>
    /// <exception cref="CheckpointNotFoundException">The callbacks have no such checkpoint.</exception>
    private string Resolve(string checkpointPath)
    {
        if (trainer.Strategy.Collectives.WorldSize == 1)
        {
            return Find(checkpointPath);
        }

        // The result of rank 0, including a failure, applies to all processes.
        var found = trainer.Strategy.Collectives.IsRankZero ? Found(() => Find(checkpointPath)) : default;
        var (path, failure) = trainer.Strategy.Collectives.Broadcast(found);
        return path ?? throw new CheckpointNotFoundException(checkpointPath, failure);
    }

    /// <summary>Returns the path of the newest checkpoint of rank 0, for all processes; null if there is none, or in a trial run.</summary>
    /// <exception cref="CheckpointCorruptException">The callbacks have only corrupt checkpoints.</exception>
    private string? ResolveIfPossible()
    {
        if (trainer.IsFastDevRun)
        {
            return null;
        }

        if (trainer.Strategy.Collectives.WorldSize == 1)
        {
            return FindLast();
        }

        var found = trainer.Strategy.Collectives.IsRankZero ? Found(FindLast) : default;
        var (path, failure) = trainer.Strategy.Collectives.Broadcast(found);
        return failure is null ? path : throw new CheckpointCorruptException(failure, "last");
    }

    private static Finding Found(Func<string?> find)
    {
        try
        {
            return new Finding(find(), null);
        }
        catch (Exception exception) when (exception is CheckpointNotFoundException or CheckpointCorruptException
            or InvalidOperationException)
        {
            return new Finding(null, exception.Message);
        }
    }

    private string Find(string checkpointPath)
    {
        if (checkpointPath is not ("last" or "best"))
        {
            return checkpointPath;
        }

        var callbacks = trainer.CheckpointCallbacks;
        if (trainer.IsFastDevRun || callbacks.Count == 0)
        {
            throw new InvalidOperationException(
                $"The {checkpointPath} checkpoint was requested, but "
                    + $"{(trainer.IsFastDevRun ? "a FastDevRun saves none" : "no callback saves checkpoints")}. "
                    + $"Specify a path{(trainer.IsFastDevRun ? string.Empty : ", or add a ModelCheckpoint")}.");
        }

        return checkpointPath == "last"
            ? FindLast()
                ?? throw new CheckpointNotFoundException(
                    "last", "No checkpoint callback has one in its directory. Start without resuming, or specify a path.")
            : callbacks.Select(callback => callback.BestModelPath).FirstOrDefault(path => path is not null)
                ?? throw new CheckpointNotFoundException(
                    "best",
                    "No checkpoint callback has saved one by a metric yet. Set Monitor to a metric that was logged, e.g. by a completed "
                        + "validation, or use 'last' or a path.");
    }

    /// <summary>Returns the checkpoint of any callback with the latest position; for equal positions, that of the first callback.</summary>
    /// <exception cref="CheckpointCorruptException">The callbacks have only corrupt checkpoints.</exception>
    public string? FindLast()
    {
        var newest = new NewestCheckpoint(trainer.Strategy.CheckpointIO, logger);
        for (var attempt = 1; ; attempt++)
        {
            var candidates = FindCandidates();
            List<CheckpointEntry> entries =
            [
                .. candidates.Select(newest.Describe).OfType<CheckpointEntry>().Where(
                    entry => entry.Failure is not CheckpointNotFoundException),
            ];
            if (entries.Count == candidates.Count || (entries.Count > 0 && attempt == NewestCheckpoint.MaxAttempts))
            {
                return trainer.FoundCheckpoint = newest.InOrder(entries).FirstOrDefault()?.Path;
            }

            if (attempt == NewestCheckpoint.MaxAttempts)
            {
                throw NewestCheckpoint.RemovedTooFast(candidates[0]);
            }
        }
    }

    /// <summary>Returns the newest checkpoint of each callback that has one.</summary>
    private List<string> FindCandidates()
    {
        CheckpointCorruptException? damaged = null;
        string? Of(Checkpoint callback)
        {
            try
            {
                return callback.FindLast(trainer);
            }
            catch (CheckpointCorruptException exception)
            {
                damaged ??= exception;
                return null;
            }
        }

        // Training cannot resume from weights alone.
        var found = trainer.CheckpointCallbacks
            .OrderBy(callback => callback.SavesWeightsOnly)
            .Select(callback => (Path: Of(callback), callback.SavesWeightsOnly))
            .Where(candidate => candidate.Path is not null)
            .ToList();
        if (found.Count == 0 && damaged is not null)
        {
            throw damaged;
        }

        found.RemoveAll(candidate => candidate.SavesWeightsOnly && !found[0].SavesWeightsOnly);
        return found.ConvertAll(candidate => candidate.Path!);
    }

    /// <summary>
    /// Finds a checkpoint and loads it. The newest one is found again if another run removes it before it is read; in distributed training,
    /// that is an error.
    /// </summary>
    /// <param name="checkpointPath">A path, <c>last</c>, <c>best</c> or <see cref="Resume.IfPossible"/>.</param>
    /// <param name="options">The options of the load.</param>
    /// <param name="path">The path that was loaded; null if there is no checkpoint.</param>
    /// <returns>The state; null if there is no checkpoint, for <see cref="Resume.IfPossible"/>.</returns>
    public TrainingState? Load(string checkpointPath, LoadOptions options, out string? path)
    {
        var isFound = string.Equals(checkpointPath, trainer.FoundCheckpoint, StringComparison.Ordinal);
        var isNewest = (isFound || checkpointPath is "last" or Resume.IfPossible) && trainer.Strategy.Collectives.WorldSize == 1;
        path = checkpointPath == Resume.IfPossible ? ResolveIfPossible() : Resolve(checkpointPath);
        for (var attempt = 1; path is not null; attempt++)
        {
            try
            {
                return trainer.Strategy.LoadCheckpoint(path, options);
            }
            catch (CheckpointNotFoundException) when (isNewest && attempt < NewestCheckpoint.MaxAttempts)
            {
                path = FindLast();
                if (path is null)
                {
                    throw;
                }
            }
        }

        return null;
    }

    /// <summary>Returns the state for an evaluation: <c>best</c> from memory if it is kept there; anything else is loaded.</summary>
    private TrainingState LoadWanted(string checkpointPath, out string path)
    {
        var kept = checkpointPath == "best" && !trainer.IsFastDevRun
            ? trainer.CheckpointCallbacks.FirstOrDefault(callback => callback.HasBest)?.ShareBestState()
            : null;
        if (kept is not null)
        {
            path = "best, in memory";
            return kept;
        }

        var loaded = Load(checkpointPath, new LoadOptions { Deferred = true }, out var found)!;
        path = found!;
        return loaded;
    }

    /// <summary>Loads the weights, and the states of module and callbacks, for an evaluation.</summary>
    /// <param name="module">The module.</param>
    /// <param name="checkpointPath">The checkpoint to load.</param>
    /// <param name="setUp">Moves the module to its device. Called after the load hook of the module, which may replace tensors.</param>
    public void LoadForEvaluation(TrainingModule module, string checkpointPath, Action setUp)
    {
        trainer.Run.ForgetEnded();
        using var loaded = LoadWanted(checkpointPath, out var path);
        using var state = loaded.Edit();
        trainer.Run.Hooks.CallModule(new OnLoadCheckpointArguments(trainer, module, state));
        setUp();
        trainer.Run.Hooks.CallCallbacks(new OnLoadCheckpointArguments(trainer, module, state));
        var weights = NamedWeights.In(state.Root, path, new WeightsOptions());
        var report = ModuleWeights.Check(weights, module, path, ModuleWeights.IsStrict(module, strict: null));
        trainer.Strategy.CheckpointIO.BeforeParametersChange();
        ModuleWeights.Apply(weights, module);
        new CallbackRestore(trainer, path, logger).Apply(state);
        Log(path, report);
    }

    public WeightsReport LoadWeights(TrainingModule module, string checkpointPath, WeightsOptions options)
    {
        using var state = LoadWanted(checkpointPath, out var path);
        return Load(state, module, path, options);
    }

    public TModule LoadModule<TModule>(string checkpointPath, Func<StateMap, TModule> make, bool? strict)
        where TModule : TrainingModule
    {
        using var loaded = Load(checkpointPath, new LoadOptions { Deferred = true }, out var path)!;
        using var state = loaded.Edit();
        var module = make(HyperParametersOf(state));
        try
        {
            module.OnLoadCheckpoint(new OnLoadCheckpointArguments(trainer, module, state));
            Load(state, module, path!, new WeightsOptions { Strict = strict });
            return module;
        }
        catch
        {
            module.Dispose();
            throw;
        }
    }

    public StateMap ReadHyperParameters(string checkpointPath)
    {
        using var state = Load(checkpointPath, new LoadOptions { Only = [CheckpointKeys.HyperParameters] }, out _)!;
        return HyperParametersOf(state);
    }

    private WeightsReport Load(TrainingState state, TrainingModule module, string path, WeightsOptions options)
    {
        var weights = NamedWeights.In(state.Root, path, options);
        var report = ModuleWeights.Check(weights, module, path, ModuleWeights.IsStrict(module, options.Strict), options.SkipOtherShapes);
        trainer.Strategy.CheckpointIO.BeforeParametersChange();
        ModuleWeights.Apply(weights, module);
        Log(path, report);
        return report;
    }

    private void Log(string path, WeightsReport report)
    {
        if (ModuleWeights.Difference(report) is { Length: > 0 } difference)
        {
            LogDifference(logger, path, difference);
        }
    }

    /// <summary>Returns the hyperparameters: a map, or in Lightning files possibly an object that wraps one.</summary>
    private static StateMap HyperParametersOf(TrainingState state) => state.Root.TryGetValue(CheckpointKeys.HyperParameters, out var value)
        ? value as StateMap ?? (value as StateObject)?.Items as StateMap ?? (value as StateObject)?.State as StateMap ?? new StateMap()
        : new StateMap();

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
        var first = _pending.Failures[0];
        return _pending.Failures.Count == 1
            ? first
            : new CheckpointException(
                $"{_pending.Failures.Count} checkpoints were not saved ("
                    + $"{string.Join(", ", _pending.Failures.Select(failure => failure.Path).Distinct(StringComparer.Ordinal).Take(5))}). "
                    + $"The first: {first.Message}",
                first.Path,
                new AggregateException(_pending.Failures));
    }

    private readonly record struct Finding(string? Path, string? Failure);

    [LoggerMessage(
        1011, LogLevel.Warning, "The weights of {Path} do not match the module exactly and are loaded non-strictly. {Difference}")]
    internal static partial void LogDifference(ILogger logger, string path, string difference);

    [LoggerMessage(1013, LogLevel.Error, "{Reason} The run continues without checkpoints, as OnCheckpointFailure specifies")]
    private static partial void LogUnusable(ILogger logger, string reason);

    [LoggerMessage(1000, LogLevel.Information, "{Costs}")]
    private static partial void LogCosts(ILogger logger, CheckpointCosts costs);
}
