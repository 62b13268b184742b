namespace Fulgurite.Tests.IO.Conformance;

/// <summary>What a user writes: three methods, synchronous, with no thought of threads or order.</summary>
internal sealed class ThreeMethodCheckpointIO : CheckpointIO
{
    private readonly Dictionary<string, TrainingState> _states = new(StringComparer.Ordinal);
    private int _inside;

    public override Task SaveCheckpointAsync(
        TrainingState checkpoint, string path, SaveContext? context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        cancellationToken.ThrowIfCancellationRequested();
        if (context?.Storage is { } options)
        {
            throw new ArgumentException($"{options.GetType().Name} is not known here.", nameof(context));
        }

        // A dictionary without a lock: whoever calls this from two threads at once breaks it.
        Assert.AreEqual(1, Interlocked.Increment(ref _inside), "Two writes at once.");
        _states[path] = StateCopies.Copy(checkpoint);
        Interlocked.Decrement(ref _inside);
        return Task.CompletedTask;
    }

    public override Task<TrainingState> LoadCheckpointAsync(string path, LoadOptions? options, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_states)
        {
            return _states.TryGetValue(path, out var state) ? Task.FromResult(state.Share()) : throw new CheckpointNotFoundException(path);
        }
    }

    public override Task RemoveCheckpointAsync(string path, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        cancellationToken.ThrowIfCancellationRequested();
        _states.Remove(path);
        return Task.CompletedTask;
    }
}

/// <summary>A wrapper that changes nothing.</summary>
internal sealed class PassingCheckpointIO(CheckpointIO inner) : WrappingCheckpointIO(inner);

/// <summary>A wrapper that changes what is saved and takes it back when it is loaded.</summary>
internal sealed class StampingCheckpointIO(CheckpointIO inner) : WrappingCheckpointIO(inner), ICheckpointFiles
{
    public override Task SaveCheckpointAsync(
        TrainingState checkpoint, string path, SaveContext? context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        var stamped = new StateMap { ["stamp"] = path };
        foreach (var (key, value) in checkpoint.Root)
        {
            stamped.Add(key, value);
        }

        return Inner.SaveCheckpointAsync(new TrainingState(stamped), path, context, cancellationToken);
    }

    public override async Task<TrainingState> LoadCheckpointAsync(string path, LoadOptions? options, CancellationToken cancellationToken)
    {
        using var loaded = await base.LoadCheckpointAsync(path, options, cancellationToken);
        var map = new StateMap();
        foreach (var (key, value) in loaded.Root.Where(entry => entry.Key != "stamp"))
        {
            map.Add(key, value);
        }

        return StateCopies.Copy(new TrainingState(map));
    }

    public long? GetAvailableBytes(string path) => Inner.GetCapability<ICheckpointFiles>()?.GetAvailableBytes(path);
}
