namespace Fulgurite.Tests.Callbacks.Resume;

/// <summary>Storage of a process that can be killed: what it asks for from then on never happens.</summary>
internal sealed class MortalCheckpointIO(InMemoryCheckpointIO inner) : WrappingCheckpointIO(inner), ICheckpointFiles
{
    private readonly Lock _gate = new();
    private readonly InMemoryCheckpointIO _inner = inner;
    private bool _isDead;

    public void Kill()
    {
        lock (_gate)
        {
            _isDead = true;
        }
    }

    public override Task SaveCheckpointAsync(
        TrainingState checkpoint, string path, SaveContext? context, CancellationToken cancellationToken) =>
        IfAlive(() => _inner.SaveCheckpointAsync(checkpoint, path, context, cancellationToken), Task.CompletedTask);

    public override Task RemoveCheckpointAsync(string path, CancellationToken cancellationToken) =>
        IfAlive(() => _inner.RemoveCheckpointAsync(path, cancellationToken), Task.CompletedTask);

    public Task<bool> TryLinkAsync(string existingPath, string path, CancellationToken cancellationToken) =>
        IfAlive(() => _inner.TryLinkAsync(existingPath, path, cancellationToken), Task.FromResult(true));

    private T IfAlive<T>(Func<T> act, T otherwise)
        where T : Task
    {
        lock (_gate)
        {
            return _isDead ? otherwise : act();
        }
    }
}
