namespace Fulgurite.Tests.Callbacks.Durability;

/// <summary>Knows what was asked for and has not ended. Used by one thread. Unlike a flush, asking does not hurry the writer.</summary>
internal sealed class PendingCheckpointIO(CheckpointIO inner) : WrappingCheckpointIO(inner)
{
    private readonly List<Task> _pending = [];

    /// <summary>Completes when everything that was asked for has ended.</summary>
    public Task WhenIdle()
    {
        _pending.RemoveAll(task => task.IsCompleted);
        return Task.WhenAll(_pending);
    }

    public override SaveOperation Submit(TrainingState checkpoint, string path, SaveOptions? options)
    {
        var operation = Inner.Submit(checkpoint, path, options);
        _pending.Add(operation.Completion);
        return operation;
    }

    public override Task RemoveCheckpointAsync(string path, CancellationToken cancellationToken)
    {
        var removal = base.RemoveCheckpointAsync(path, cancellationToken);
        _pending.Add(removal);
        return removal;
    }
}
