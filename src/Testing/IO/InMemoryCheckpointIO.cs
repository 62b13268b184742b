using System.Collections.Concurrent;
using Fulgurite.State;

namespace Fulgurite.Testing;

/// <summary>Keeps checkpoints in memory, as copies, for tests without files.</summary>
public sealed class InMemoryCheckpointIO : CheckpointIO, ICheckpointFiles
{
    private readonly ConcurrentDictionary<string, TrainingState> _states = new(StringComparer.Ordinal);
    private int _writes;
    private int _links;

    /// <summary>Gets the paths of all checkpoints.</summary>
    public IReadOnlyCollection<string> Paths => [.. _states.Keys.Order(StringComparer.Ordinal)];

    /// <summary>Gets the number of states written, without links.</summary>
    public int Writes => Volatile.Read(ref _writes);

    /// <summary>Gets the number of links created.</summary>
    public int Links => Volatile.Read(ref _links);

    /// <summary>Gets or sets a value indicating whether links are supported.</summary>
    /// <value>The default is true.</value>
    public bool CanLink { get; set; } = true;

    /// <summary>Gets the state of a checkpoint, which stays owned by this object.</summary>
    /// <param name="path">The path of the checkpoint.</param>
    /// <exception cref="CheckpointNotFoundException">There is no checkpoint at the path.</exception>
    public TrainingState this[string path] =>
        _states.TryGetValue(path, out var state) ? state : throw new CheckpointNotFoundException(path);

    /// <inheritdoc/>
    public override Task SaveCheckpointAsync(
        TrainingState checkpoint, string path, SaveContext? context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        ArgumentException.ThrowIfNullOrEmpty(path);
        cancellationToken.ThrowIfCancellationRequested();
        Refuse(context?.Storage, path);
        _states[path] = StateCopies.Copy(checkpoint);
        Interlocked.Increment(ref _writes);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override Task<TrainingState> LoadCheckpointAsync(string path, LoadOptions? options, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        cancellationToken.ThrowIfCancellationRequested();
        Refuse(options?.Storage, path);
        return _states.TryGetValue(path, out var state)
            ? Task.FromResult(state.Share())
            : Task.FromException<TrainingState>(new CheckpointNotFoundException(path));
    }

    /// <inheritdoc/>
    public override Task RemoveCheckpointAsync(string path, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        cancellationToken.ThrowIfCancellationRequested();
        _states.TryRemove(path, out _);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override IAsyncEnumerable<CheckpointEntry> ListFilesAsync(string directory, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        var folder = directory.TrimEnd('/') + "/";
        return Paths
            .Where(path => path.StartsWith(folder, StringComparison.Ordinal) && !path.AsSpan(folder.Length).Contains('/'))
            .Select(path => new CheckpointEntry(path, Length: null, Time: null))
            .ToAsyncEnumerable();
    }

    /// <inheritdoc/>
    public override Task<bool> ExistsAsync(string path, CancellationToken cancellationToken) => Task.FromResult(_states.ContainsKey(path));

    /// <inheritdoc/>
    public Task<bool> TryLinkAsync(string existingPath, string path, CancellationToken cancellationToken)
    {
        if (!CanLink || !_states.TryGetValue(existingPath, out var state))
        {
            return Task.FromResult(false);
        }

        _states[path] = state;
        Interlocked.Increment(ref _links);
        return Task.FromResult(true);
    }

    private static void Refuse(StorageOptions? options, string path)
    {
        if (options is not null)
        {
            throw new CheckpointException(
                $"InMemoryCheckpointIO does not support options of type {options.GetType().Name}. Save '{path}' without options.", path);
        }
    }
}
