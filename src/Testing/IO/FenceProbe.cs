namespace Fulgurite.Testing;

/// <summary>Counts the calls of a strategy to its CheckpointIO: fences, removals, disposals.</summary>
/// <param name="inner">The inner CheckpointIO; null to keep checkpoints in memory.</param>
public sealed class FenceProbe(CheckpointIO? inner = null) : WrappingCheckpointIO(inner ?? new InMemoryCheckpointIO()), IDisposable
{
    private int _count;
    private int _removals;
    private int _disposals;

    /// <summary>Gets the number of fence passages.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Gets the number of removals.</summary>
    public int Removals => Volatile.Read(ref _removals);

    /// <summary>Gets the number of disposals.</summary>
    public int Disposals => Volatile.Read(ref _disposals);

    /// <summary>Gets or sets a callback for each fence passage.</summary>
    public Action? OnFence { get; set; }

    /// <inheritdoc/>
    public override void BeforeParametersChange()
    {
        Interlocked.Increment(ref _count);
        OnFence?.Invoke();
        base.BeforeParametersChange();
    }

    /// <inheritdoc/>
    public override Task RemoveCheckpointAsync(string path, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _removals);
        return base.RemoveCheckpointAsync(path, cancellationToken);
    }

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        Interlocked.Increment(ref _disposals);
        return base.DisposeAsync();
    }

    /// <inheritdoc/>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();
}
