using Fulgurite.State;
using Microsoft.Extensions.Logging;

namespace Fulgurite;

/// <summary>Finds the checkpoint that a run starts from, and reads it.</summary>
internal sealed class CheckpointSearch(Trainer trainer, ILogger logger)
{
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

    private readonly record struct Finding(string? Path, string? Failure);
}
