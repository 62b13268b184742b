using Fulgurite.State;

namespace Fulgurite;

/// <summary>
/// A <see cref="CheckpointIO"/> that calls delegates, for storage without a custom class. Wrapped in
/// <see cref="AsyncCheckpointIO"/>, the delegates receive captured states and run outside of the training thread.
/// </summary>
/// <remarks>
/// The delegates must follow the contract of <see cref="CheckpointIO"/>: their tasks complete when the work is done and durable.
/// </remarks>
public sealed class CustomCheckpointIO : CheckpointIO
{
    private readonly Func<TrainingState, string, SaveContext?, CancellationToken, Task> _save;
    private readonly Func<string, LoadOptions?, CancellationToken, Task<TrainingState>> _load;
    private readonly Func<string, CancellationToken, Task> _remove;
    private readonly Func<string, CancellationToken, Task<bool>>? _exists;
    private readonly Func<string, CancellationToken, IAsyncEnumerable<CheckpointEntry>>? _list;

    /// <summary>Initializes the CheckpointIO.</summary>
    /// <param name="save">Writes a state to a path, atomically replacing an existing checkpoint.</param>
    /// <param name="load">Reads the state at a path; throws <see cref="CheckpointNotFoundException"/> if it does not exist.</param>
    /// <param name="remove">Removes the checkpoint at a path; does nothing if it does not exist.</param>
    /// <param name="exists">Determines whether a checkpoint exists at a path; null to try to load it.</param>
    /// <param name="list">Lists the files in a folder; null to list none, as <see cref="CheckpointIO.ListFilesAsync"/> describes.</param>
    public CustomCheckpointIO(
        Func<TrainingState, string, SaveContext?, CancellationToken, Task> save,
        Func<string, LoadOptions?, CancellationToken, Task<TrainingState>> load,
        Func<string, CancellationToken, Task> remove,
        Func<string, CancellationToken, Task<bool>>? exists = null,
        Func<string, CancellationToken, IAsyncEnumerable<CheckpointEntry>>? list = null)
    {
        ArgumentNullException.ThrowIfNull(save);
        ArgumentNullException.ThrowIfNull(load);
        ArgumentNullException.ThrowIfNull(remove);
        _save = save;
        _load = load;
        _remove = remove;
        _exists = exists;
        _list = list;
    }

    /// <inheritdoc/>
    public override Task SaveCheckpointAsync(
        TrainingState checkpoint, string path, SaveContext? context, CancellationToken cancellationToken) =>
        _save(checkpoint, path, context, cancellationToken) ?? throw Nothing("save");

    /// <inheritdoc/>
    public override Task<TrainingState> LoadCheckpointAsync(string path, LoadOptions? options, CancellationToken cancellationToken) =>
        _load(path, options, cancellationToken) ?? throw Nothing("load");

    /// <inheritdoc/>
    public override Task RemoveCheckpointAsync(string path, CancellationToken cancellationToken) =>
        _remove(path, cancellationToken) ?? throw Nothing("remove");

    /// <inheritdoc/>
    public override Task<bool> ExistsAsync(string path, CancellationToken cancellationToken) =>
        _exists is null ? base.ExistsAsync(path, cancellationToken) : _exists(path, cancellationToken) ?? throw Nothing("exists");

    /// <inheritdoc/>
    public override IAsyncEnumerable<CheckpointEntry> ListFilesAsync(string directory, CancellationToken cancellationToken) =>
        _list is null
            ? base.ListFilesAsync(directory, cancellationToken)
            : _list(directory, cancellationToken) ?? throw Nothing("list", "sequence", "Return an empty sequence.");

    private static InvalidOperationException Nothing(
        string name, string kind = "task", string remedy = "Return Task.CompletedTask, or make the delegate async.") =>
        new($"The {name} delegate of a CustomCheckpointIO returned null instead of a {kind}. {remedy}");
}
