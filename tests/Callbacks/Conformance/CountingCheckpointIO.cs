using System.Collections.Concurrent;

namespace Fulgurite.Tests.Callbacks.Conformance;

/// <summary>Counts what callbacks ask for, and opens what a test holds shut when a run drains.</summary>
internal sealed class CountingCheckpointIO(CheckpointIO inner, Action? onFlush = null) : WrappingCheckpointIO(inner)
{
    private readonly ConcurrentQueue<string> _saves = new();
    private readonly ConcurrentQueue<string> _removals = new();

    /// <summary>The names of all saves, in order.</summary>
    public IReadOnlyList<string> Saves => [.. _saves];

    public IReadOnlyList<string> Removals => [.. _removals];

    /// <summary>The suite is written for the names of one format.</summary>
    public override string FileExtension => ".ckpt";

    public override SaveOperation Submit(TrainingState checkpoint, string path, SaveOptions? options)
    {
        _saves.Enqueue(Path.GetFileName(path));
        return Inner.Submit(checkpoint, path, options);
    }

    public override Task RemoveCheckpointAsync(string path, CancellationToken cancellationToken)
    {
        _removals.Enqueue(Path.GetFileName(path));
        return base.RemoveCheckpointAsync(path, cancellationToken);
    }

    public override Task FlushAsync(CancellationToken cancellationToken)
    {
        var flush = base.FlushAsync(cancellationToken);
        onFlush?.Invoke();
        return flush;
    }
}
