
namespace Fulgurite.Callbacks;

/// <summary>The files of a callback in one run: which there are, which is the newest, and which may go. Used on the thread of the run.</summary>
internal sealed class CheckpointRecord
{
    public CheckpointRecord(Trainer trainer, ModelCheckpointOptions options, CheckpointNaming naming)
    {
        Paths = new CheckpointPaths(CheckpointDirectory.Of(options.DirPath, trainer.Options.DefaultRootDirectory), naming, options.EnableVersionCounter, trainer);
        Retained = new RetainedCheckpoints(options.MakeRetention(), options.Ranking);
        ResumedFrom = trainer.ResumedFrom is { } path ? CheckpointDirectory.Canonical(path) : null;
        Start = RunPosition.Of(trainer);
    }

    public CheckpointPaths Paths { get; }

    public RetainedCheckpoints Retained { get; }

    public LastCheckpoint Last { get; } = new();

    /// <summary>The file that the run goes on from, which is never removed; null for a new run.</summary>
    public string? ResumedFrom { get; }

    /// <summary>Where the run began.</summary>
    public RunPosition Start { get; }

    /// <summary>The best one in the directory of the run that this one goes on from, where that is another directory.</summary>
    public string? InheritedBest { get; set; }

    /// <summary>What the run that this one goes on from has left, and another run goes on with too, which had it first.</summary>
    public List<string> Foreign { get; } = [];

    /// <summary>How many states were compared.</summary>
    public long Compared { get; set; }

    /// <summary>The optimizer steps of the state that was compared last; null for none. A state is compared once.</summary>
    public long? ComparedStep { get; set; }

    /// <summary>The optimizer steps at the last save of one of the best.</summary>
    public long SavedStep { get; set; }

    public double? CurrentScore { get; set; }

    /// <summary>Whether a save waits for its metric.</summary>
    public bool IsDeferred { get; set; }

    /// <summary>Whether the state of so many steps was compared already; not where the run has gone back before it since.</summary>
    public bool HasCompared(long step)
    {
        if (ComparedStep > step)
        {
            ComparedStep = null;
        }

        return ComparedStep == step;
    }

    /// <summary>Whether the state of so many steps is among the best, there or on its way.</summary>
    public bool HasStep(long step) => Retained.All.Any(saved => saved.GlobalStep == step && !saved.IsInPlace);

    /// <summary>Follows a save that became durable: what it replaces goes.</summary>
    public void Confirm(Trainer trainer, SaveOperation operation)
    {
        var removable = Retained.Confirm(operation);
        Remove(trainer, Last.Ended(operation));
        Remove(trainer, removable);
    }

    /// <summary>
    /// Follows a save that came to nothing: its name is free again, and its place is that of what it would have replaced. A file that is in place
    /// all the same keeps its name.
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
    }

    /// <summary>Removes files of the callback's own that nothing needs any longer.</summary>
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

    /// <summary>The run has ended: names are free for others to go on with.</summary>
    public void Close() => Paths.GiveBackAll(Retained.All.Select(saved => saved.Operation).OfType<SaveOperation>().Concat(Last.Pending));

    private bool Holds(string path) => Retained.Holds(path) || Last.Holds(path);

    private void Remove(Trainer trainer, IReadOnlyList<SavedCheckpoint> removable)
    {
        foreach (var saved in removable)
        {
            Remove(trainer, saved.Path);
        }
    }
}
