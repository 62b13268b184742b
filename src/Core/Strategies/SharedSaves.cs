using Fulgurite.State;

namespace Fulgurite;

/// <summary>The saves by rank 0, with a save operation in every process. All processes settle them at the same step boundary.</summary>
/// <remarks>
/// All processes make the same calls, so they have the same list of saves. A save takes the path of rank 0. Where the first paths of a run
/// are the same, later ones are compared at the next boundary, and until then a process has its own.
/// </remarks>
internal sealed class SharedSaves(CheckpointIO io, ProcessCollectives collectives)
{
    private readonly List<SharedSave> _saves = [];

    // How many of them have the path of rank 0 for certain.
    private int _compared;

    // Why the processes cannot end their saves together; null for a lost connection.
    private string? _disorder;

    // Whether all processes have had the same paths in this run; null before the first save.
    private bool? _haveSamePaths;

    /// <summary>Starts a run, whose paths may be others.</summary>
    public void StartRun() => (_haveSamePaths, _disorder) = (null, null);

    /// <summary>Submits the state in rank 0.</summary>
    /// <exception cref="InvalidOperationException">The run has failed.</exception>
    public SaveOperation Save(TrainingState state, string path, SaveOptions? options)
    {
        collectives.ThrowIfLost("a save");
        if (_haveSamePaths != true)
        {
            // What another process finds in a directory may be what rank 0 has just written there.
            var paths = collectives.Gather(path);
            _haveSamePaths ??= paths.TrueForAll(other => string.Equals(other, path, StringComparison.Ordinal));
            path = paths[0];
        }

        var save = new SharedSave(path, options, path => collectives.Rank == 0 ? io.Submit(state, path, options) : null);
        _saves.Add(save);
        return save.Operation;
    }

    /// <summary>Settles the saves that have ended.</summary>
    /// <exception cref="InvalidOperationException">The processes have made different saves, or the others are gone.</exception>
    public void Settle()
    {
        if (_saves.Count == 0)
        {
            return;
        }

        var reports = collectives.Gather(
            new SharedReport(
                collectives.Rank == 0 ? [.. _saves.TakeWhile(save => save.HasEnded).Select(save => save.End())] : [],
                [.. _saves.Skip(_compared).Select(save => save.Operation.Path)]));
        var (ends, paths) = reports[0];
        if (reports.FindIndex(report => report.Paths.Count != paths.Count) is >= 0 and var other)
        {
            _disorder = $"Rank {other} has made {reports[other].Paths.Count} saves since the last step boundary and rank 0 {paths.Count}: "
                + "the processes have left their common order. All of them make the same saves.";
            throw new InvalidOperationException(_disorder);
        }

        _haveSamePaths &= reports.TrueForAll(report => report.Paths.SequenceEqual(paths, StringComparer.Ordinal));
        foreach (var (save, path) in _saves.Skip(_compared).Zip(paths))
        {
            save.Operation.Path = path;
        }

        foreach (var (save, end) in _saves.Zip(ends))
        {
            save.Settle(end);
        }

        _saves.RemoveRange(0, ends.Count);
        _compared = _saves.Count;
    }

    /// <summary>Ends all saves with what this process knows, because the others are gone or have made different saves.</summary>
    public void GiveUp()
    {
        _saves.ForEach(save => save.Settle(save.End(_disorder)));
        _saves.Clear();
        _compared = 0;
    }
}

/// <summary>What a process reports: in rank 0 how its saves have ended, and the paths of the saves since the last report.</summary>
internal sealed record SharedReport(List<SaveEnd> Ends, List<string> Paths);

/// <summary>A save by rank 0, with a save operation in every process.</summary>
internal sealed class SharedSave
{
    private readonly SaveOperationSource _source;
    private readonly SaveOperation? _own;
    private TimeSpan _stall;

    public SharedSave(string path, SaveOptions? options, Func<string, SaveOperation?> submit)
    {
        _source = new SaveOperationSource(path, options);
        _own = submit(path);
        if (_own is null)
        {
            _source.SetCaptured(0);
            return;
        }

        AddStall();
        _ = _own.Captured.ContinueWith(
            _ => _source.SetCaptured(_own.ByteCount), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }

    public SaveOperation Operation => _source.Operation;

    public bool HasEnded => _own is null || _own.Outcome != CheckpointOutcome.Pending;

    /// <summary>Returns the outcome as far as this process knows it.</summary>
    /// <param name="reason">Why rank 0 does not report it; null for a lost connection.</param>
    public SaveEnd End(string? reason = null) => _own is { } own
        ? new SaveEnd(own.Outcome, own.ByteCount, own.QueueTime, own.WriteTime, own.Failure?.Message)
        : new SaveEnd(
            CheckpointOutcome.Failed, 0, default, default,
            $"It is unknown whether rank 0 saved the checkpoint '{Operation.Path}'. "
                + (reason ?? "The connection between the processes was lost."));

    public void Settle(SaveEnd end)
    {
        if (_own is not null)
        {
            AddStall();
            _source.AddProcessorTime(_own.ProcessorTime);
        }

        _source.TrySet(
            end.Outcome, end.ByteCount, (end.QueueTime, end.WriteTime),
            () => _own?.Failure ?? new CheckpointException(end.Failure ?? "The save did not complete.", Operation.Path));
    }

    private void AddStall()
    {
        _source.AddStall(_own!.Stall - _stall);
        _stall = _own.Stall;
    }
}

/// <summary>The outcome of a save by rank 0, for the other processes.</summary>
internal sealed record SaveEnd(CheckpointOutcome Outcome, long ByteCount, TimeSpan QueueTime, TimeSpan WriteTime, string? Failure);
