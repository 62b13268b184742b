namespace Fulgurite.Callbacks;

/// <summary>
/// The files of a callback in one run: existing and pending ones, the newest, and those to remove. Used on the thread of the run.
/// </summary>
internal sealed class CheckpointRecord
{
    private readonly bool _savesLast;

    // No longer kept, but the durable last still names them.
    private readonly List<SavedCheckpoint> _named = [];
    private bool _hasFailedSince;

    public CheckpointRecord(Trainer trainer, ModelCheckpointOptions options, CheckpointNaming naming)
    {
        Paths = new CheckpointPaths(
            CheckpointDirectory.Of(options.DirPath, trainer.Options.DefaultRootDirectory), naming, options.EnableVersionCounter, trainer);
        Retained = new RetainedCheckpoints(options.MakeRetention(), options.Ranking);
        ResumedFrom = trainer.ResumedFrom is { } path ? CheckpointDirectory.Canonical(path) : null;
        Start = RunPosition.Of(trainer);
        _savesLast = options.Newest.IsOn;
    }

    public CheckpointPaths Paths { get; }

    public RetainedCheckpoints Retained { get; }

    public LastCheckpoint Last { get; } = new();

    /// <summary>Gets the file from which the run was resumed, which is never removed; null for a new run.</summary>
    public string? ResumedFrom { get; }

    /// <summary>Gets the start position of the run.</summary>
    public RunPosition Start { get; }

    /// <summary>Gets or sets the best checkpoint of the resumed run if it is in another directory.</summary>
    public string? InheritedBest { get; set; }

    /// <summary>Gets or sets the best checkpoint that the resumed file names if it does not exist; otherwise, null.</summary>
    public string? MissingBest { get; set; }

    /// <summary>Gets the files of the resumed run that are owned by another run that also continues it.</summary>
    public List<string> Foreign { get; } = [];

    /// <summary>Gets or sets the number of compared states.</summary>
    public long Compared { get; set; }

    /// <summary>Gets or sets the optimizer step of the last compared state; null if there is none. A state is compared once.</summary>
    public long? ComparedStep { get; set; }

    /// <summary>Gets or sets the optimizer step of the last save of one of the best.</summary>
    public long SavedStep { get; set; }

    public double? CurrentScore { get; set; }

    /// <summary>Gets or sets a value indicating whether a save waits for its metric.</summary>
    public bool IsDeferred { get; set; }

    /// <summary>Returns true if the state at a step was already compared, unless the run has rolled back before it since.</summary>
    public bool HasCompared(long step)
    {
        if (ComparedStep > step)
        {
            ComparedStep = null;
        }

        return ComparedStep == step;
    }

    /// <summary>Returns true if the state at a step is among the best, durable or pending.</summary>
    public bool HasStep(long step) => Retained.All.Any(saved => saved.GlobalStep == step && !saved.IsInPlace);

    /// <summary>
    /// Gets the paths of the best checkpoints that the next last checkpoint names. They stay until a later one that names others is
    /// durable: a run that is killed in between resumes from this one. Empty if the callback saves none regularly.
    /// </summary>
    public IReadOnlyCollection<string> NamedByLast => _savesLast ? [.. Retained.Kept.Select(saved => saved.Path)] : [];

    /// <summary>Returns true if a path belongs to a checkpoint that the candidate replaces, so that its file may be overwritten.</summary>
    public bool MayReplace(string path, SavedCheckpoint candidate) =>
        Retained.MayReplace(path, candidate)
        || (!Holds(path) && _named.Exists(saved => string.Equals(saved.Path, path, StringComparison.Ordinal)));

    /// <summary>Handles a durable save: removes the files it replaces.</summary>
    public void Confirm(Trainer trainer, SaveOperation operation)
    {
        var removable = Retained.Confirm(operation);
        Remove(trainer, Last.Ended(operation));
        Remove(trainer, removable);
    }

    /// <summary>
    /// Handles a failed or cancelled save: its name is free again, and the checkpoint it would have replaced keeps its place. A file that
    /// is in place nevertheless keeps its name.
    /// </summary>
    public void Withdraw(Trainer trainer, SaveOperation operation)
    {
        var removable = Retained.Withdraw(operation);
        Remove(trainer, Last.Ended(operation));
        if (!Holds(operation.Path))
        {
            Paths.GiveBack(operation.Path);
        }

        Remove(trainer, removable);
        if (operation.Outcome != CheckpointOutcome.Failed)
        {
            return;
        }

        if (_hasFailedSince)
        {
            // No last is saved any more, perhaps for want of the room that they take.
            foreach (var saved in _named)
            {
                Remove(trainer, saved.Path);
            }

            _named.Clear();
        }

        _hasFailedSince = _named.Count > 0;
    }

    /// <summary>Removes files of the callback that are no longer needed.</summary>
    public void Remove(Trainer trainer, IReadOnlyList<string> paths)
    {
        foreach (var path in paths)
        {
            Remove(trainer, path);
        }
    }

    private void Remove(Trainer trainer, string path)
    {
        if (Holds(path))
        {
            return;
        }

        Paths.GiveBack(path);
        if (!string.Equals(path, ResumedFrom, StringComparison.Ordinal))
        {
            trainer.RemoveCheckpoint(path);
        }
    }

    /// <summary>Releases all names at the end of the run, so that another run can continue it.</summary>
    public void Close() => Paths.GiveBackAll(Retained.All.Select(saved => saved.Operation).OfType<SaveOperation>().Concat(Last.Pending));

    private bool Holds(string path) => Retained.Holds(path) || Last.Holds(path);

    private void Remove(Trainer trainer, IReadOnlyList<SavedCheckpoint> removable)
    {
        _named.AddRange(removable);
        foreach (var saved in _named.FindAll(saved => !Last.Names(saved.Path)))
        {
            _named.Remove(saved);
            Remove(trainer, saved.Path);
        }

        _hasFailedSince &= _named.Count > 0;
    }
}
