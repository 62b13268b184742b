
namespace Fulgurite.Callbacks;

/// <summary>
/// Saves a state as one of the best, as the newest, or as both: reserves the names, captures once, and links if possible.
/// </summary>
/// <param name="options">The options.</param>
/// <param name="stateKey">Distinguishes the slots of this callback from those of others.</param>
internal sealed class CheckpointSaver(ModelCheckpointOptions options, string stateKey)
{
    /// <summary>Saves the current state of the run.</summary>
    /// <param name="trainer">The trainer.</param>
    /// <param name="record">The record of the run.</param>
    /// <param name="epoch">The number of the epoch in file names.</param>
    /// <param name="candidate">The checkpoint among the best; null for none.</param>
    /// <param name="wantsNewest">Whether to save it as the newest, unless it is already saved and there is no new best checkpoint.</param>
    public SaveOperations Save(Trainer trainer, CheckpointRecord record, int epoch, SavedCheckpoint? candidate, bool wantsNewest)
    {
        var position = RunPosition.Of(trainer);

        // One of the best that is new has to be known to last, also where it has these weights already: a run that goes on from there would
        // take its file for somebody else's.
        wantsNewest &= candidate is not null || !record.Last.IsAt(position);
        if (candidate is null && !wantsNewest)
        {
            return default;
        }

        var metrics = trainer.Metrics.Snapshot().ToDictionary(entry => entry.Key, entry => entry.Value.Value, StringComparer.Ordinal);
        string Name(string template) => record.Paths.Naming.Format(template, epoch, trainer.GlobalStep, metrics);
        var saved = candidate is null ? null : Reserve(record, Name(options.Filename), candidate);
        var newest = wantsNewest ? record.Last.Reserve(Name(options.LastFilename), position, name => record.Paths.Reserve(name, _ => false)) : null;
        try
        {
            // One state under both names, so that it is captured once.
            using var state = trainer.CaptureState(options.SaveWeightsOnly);
            if (saved is not null)
            {
                // Of several best ones each counts; of a single one only the newest does.
                var slot = options is { SaveTopK: 1, KeepEveryNth: 0, Retention: null } ? $"best {stateKey}" : null;
                saved.Operation = trainer.SaveCheckpoint(state, saved.Path, new SaveOptions { Slot = slot, Score = options.Monitor is null ? null : saved.Score });
                if (trainer.Strategy.Collectives.WorldSize == 1)
                {
                    // Only once the better one is accepted. Several processes would have to agree on which still wait.
                    record.Retained.WithdrawNeedless();
                }
            }

            if (newest is null || TryLink(trainer, record, saved?.Operation, newest))
            {
                return new SaveOperations(saved?.Operation, null);
            }

            var operation = trainer.SaveCheckpoint(state, newest, new SaveOptions { Slot = $"last {stateKey}", IsResumePoint = true });
            record.Last.Asked(operation);
            return new SaveOperations(saved?.Operation, operation);
        }
        catch
        {
            GiveBack(record, saved);
            record.Last.GiveBack();
            throw;
        }
    }

    private static SavedCheckpoint Reserve(CheckpointRecord record, string name, SavedCheckpoint candidate)
    {
        var path = record.Paths.Reserve(name, path => record.Retained.MayReplace(path, candidate));
        var saved = new SavedCheckpoint(path, candidate.Score, candidate.Number, candidate.GlobalStep, candidate.Epoch);
        record.Retained.Add(saved);
        record.SavedStep = saved.GlobalStep;
        return saved;
    }

    private static void GiveBack(CheckpointRecord record, SavedCheckpoint? saved)
    {
        // One that was asked for before the other one threw is on its way, and counts.
        if (saved is { Operation: null })
        {
            record.Retained.Remove(saved);
        }
    }

    /// <summary>
    /// Creates a link to the file just written. An asynchronous implementation has not written it yet, but links by itself if a state is
    /// saved twice.
    /// </summary>
    private bool TryLink(Trainer trainer, CheckpointRecord record, SaveOperation? written, string newest)
    {
        if (!options.Newest.IsLink
            || written is not { Outcome: CheckpointOutcome.Durable }
            || !record.Last.IsIdle
            || trainer.Strategy.CheckpointIO.GetCapability<ICheckpointFiles>() is not { } files
            || !TryLink(files, written.Path, newest))
        {
            return false;
        }

        record.Remove(trainer, record.Last.SetDurable(newest));
        return true;
    }

    private static bool TryLink(ICheckpointFiles files, string path, string newest)
    {
        try
        {
            return files.TryLinkAsync(path, newest, CancellationToken.None).GetAwaiter().GetResult();
        }
        catch (Exception)
        {
            // The file is written instead. If that fails too, its operation says so, and the run decides by OnCheckpointFailure.
            return false;
        }
    }
}
