namespace Fulgurite.Callbacks;

/// <content>
/// Saves a state as one of the best, as the newest, or as both: reserves the names, captures once, and links if possible.
/// </content>
public sealed partial class ModelCheckpoint
{
    private void Save(Trainer trainer, CheckpointRecord record, in DueSave due)
    {
        var position = RunPosition.Of(trainer);

        // A new best checkpoint must also be recorded in the last checkpoint, even if that has the same weights: otherwise a run resumed
        // from the last checkpoint would treat the file as foreign.
        var wantsNewest = due.IsNewestDue && (due.Candidate is not null || !record.Last.IsAt(position));
        if (due.Candidate is null && !wantsNewest)
        {
            return;
        }

        var epoch = due.Epoch;
        var metrics = trainer.Metrics.Snapshot().ToDictionary(entry => entry.Key, entry => entry.Value.Value, StringComparer.Ordinal);

        string Name(string template) =>
            record.Paths.Naming.Agree(template, record.Paths.Naming.Format(template, epoch, trainer.GlobalStep, metrics), trainer);
        List<(string Path, SaveOptions? Options)> saves = [];
        var saved = due.Candidate is null ? null : Reserve(record, Name(_options.Filename), due.Candidate);
        var newest = wantsNewest
            ? record.Last.Reserve(Name(_options.LastFilename), position, name => record.Paths.Reserve(name, _ => false))
            : null;
        var newestSlot = newest is null ? null : $"last {StateKey}";
        if (saved is not null)
        {
            // Of several best ones each counts; of a single one only the newest does.
            var slot = _options is { SaveTopK: 1, KeepEveryNth: 0, Retention: null } ? $"best {StateKey}" : null;
            var score = _options.Monitor is null ? (double?)null : saved.Score;
            saves.Add((saved.Path, new SaveOptions { Slot = slot, FollowedBy = newestSlot, Score = score }));
        }

        if (newest is not null)
        {
            saves.Add((newest, new SaveOptions { Slot = newestSlot, IsResumePoint = true, DurableWithin = _options.MaxDataLoss }));
        }

        SaveOperation? newestOperation = null;
        try
        {
            Save(trainer, _options.SaveWeightsOnly, saves, operation =>
            {
                if (saved is not { Operation: null })
                {
                    newestOperation = operation;
                    record.Last.Asked(operation, record.NamedByLast);
                    return true;
                }

                saved.Operation = operation;
                if (trainer.Strategy.Collectives.WorldSize == 1)
                {
                    // Only once the better one is accepted. Several processes would have to agree on which still wait.
                    record.Retained.WithdrawNeedless();
                }

                return newest is not null && !TryLink(trainer, record, operation, newest);
            });
        }
        catch
        {
            // One that was asked for before the other one threw is on its way, and counts.
            if (saved is { Operation: null })
            {
                record.Retained.Remove(saved);
            }

            record.Last.GiveBack();
            throw;
        }

        _schedule.Asked(saved?.Operation ?? newestOperation, newestOperation);
    }

    private static SavedCheckpoint Reserve(CheckpointRecord record, string name, SavedCheckpoint candidate)
    {
        var path = record.Paths.Reserve(name, path => record.MayReplace(path, candidate));
        var saved = new SavedCheckpoint(path, candidate.Score, candidate.Number, candidate.GlobalStep, candidate.Epoch);
        record.Retained.Add(saved);
        record.SavedStep = saved.GlobalStep;
        return saved;
    }

    /// <summary>
    /// Creates a link to the file just written. An asynchronous implementation has not written it yet, but links by itself if a state is
    /// saved twice.
    /// </summary>
    private bool TryLink(Trainer trainer, CheckpointRecord record, SaveOperation written, string newest)
    {
        if (!_options.Newest.IsLink
            || written.Outcome != CheckpointOutcome.Durable
            || !record.Last.IsIdle
            || trainer.Strategy.CheckpointIO.GetCapability<ICheckpointFiles>() is not { } files
            || !TryLink(files, written.Path, newest))
        {
            return false;
        }

        record.Remove(trainer, record.Last.SetDurable(newest, record.NamedByLast));
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
            // Writes the file instead. If that fails too, the operation reports it, and OnCheckpointFailure determines the effect.
            return false;
        }
    }
}
