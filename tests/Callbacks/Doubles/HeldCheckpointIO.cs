namespace Fulgurite.Tests.Callbacks.Doubles;

/// <summary>Accepts every save at once and ends it when the test says so; the newest paths are those of durable files.</summary>
internal sealed class HeldCheckpointIO : CheckpointIO
{
    private readonly List<SaveOperationSource> _held = [];
    private readonly Dictionary<string, TrainingState> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<SaveOperationSource, TrainingState> _states = [];

    /// <summary>Whether a save ends as soon as it is accepted.</summary>
    public bool Open { get; set; }

    public List<(string Path, TrainingState State)> Submitted { get; } = [];

    public List<string> Removed { get; } = [];

    public IEnumerable<string> Files => _files.Keys;

    public Exception? RemovalFailure { get; init; }

    public Func<string, bool> Fails { get; set; } = _ => false;

    /// <summary>Gets or sets which saves fail after their file has taken its path.</summary>
    public Func<string, bool> StaysInPlace { get; set; } = _ => false;

    public override SaveOperation Submit(TrainingState checkpoint, string path, SaveOptions? options)
    {
        Submitted.Add((path, checkpoint));
        var source = new SaveOperationSource(path, options);
        source.SetCaptured(1);
        _states[source] = StateCopies.Copy(checkpoint);
        _held.Add(source);
        if (Open)
        {
            Release();
        }

        return source.Operation;
    }

    /// <summary>Ends all saves that are held, in order.</summary>
    public void Release() => Release(static _ => true);

    /// <summary>Ends the held saves of some paths, in order.</summary>
    public void Release(Func<string, bool> ends)
    {
        var ended = _held.FindAll(source => ends(source.Operation.Path));
        _held.RemoveAll(ended.Contains);
        foreach (var source in ended)
        {
            if (Fails(source.Operation.Path))
            {
                source.TrySetFailed(new IOException("no space left"));
            }
            else if (StaysInPlace(source.Operation.Path))
            {
                _files[source.Operation.Path] = _states[source];
                source.TrySetFailed(new CheckpointException("the directory cannot be synced", source.Operation.Path) { IsInPlace = true });
            }
            else
            {
                _files[source.Operation.Path] = _states[source];
                source.TrySetDurable(100, TimeSpan.Zero, TimeSpan.Zero);
            }
        }
    }

    /// <summary>Ends the oldest save that is held as replaced by a newer one.</summary>
    public void SupersedeOldest()
    {
        _held[0].TrySetSuperseded();
        _held.RemoveAt(0);
    }

    public void Place(string path) => _files[path] = TrainingState.Captured(new StateMap());

    public override Task SaveCheckpointAsync(
        TrainingState checkpoint, string path, SaveContext? context, CancellationToken cancellationToken) =>
        Submit(checkpoint, path, null).Durable;

    public override Task<TrainingState> LoadCheckpointAsync(string path, LoadOptions? options, CancellationToken cancellationToken) =>
        _files.TryGetValue(path, out var state)
            ? Task.FromResult(state.Share())
            : Task.FromException<TrainingState>(new CheckpointNotFoundException(path));

    public override Task RemoveCheckpointAsync(string path, CancellationToken cancellationToken)
    {
        Removed.Add(path);
        if (RemovalFailure is { } failure)
        {
            return Task.FromException(failure);
        }

        _files.Remove(path);
        return Task.CompletedTask;
    }

    public override Task<bool> ExistsAsync(string path, CancellationToken cancellationToken) => Task.FromResult(_files.ContainsKey(path));

    public override Task FlushAsync(CancellationToken cancellationToken)
    {
        Release();
        return Task.CompletedTask;
    }
}
