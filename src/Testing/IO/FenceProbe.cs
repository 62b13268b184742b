
namespace Fulgurite.Testing;

/// <summary>Keeps checkpoints in memory and counts what a test wants to know of a strategy: fences, removals, disposals.</summary>
/// <param name="inner">What keeps the checkpoints; null for memory.</param>
public sealed class FenceProbe(CheckpointIO? inner = null) : WrappingCheckpointIO(inner ?? new InMemoryCheckpointIO()), IDisposable
{
    private int _count;
    private int _removals;
    private int _disposals;

    /// <summary>How often the fence was passed.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>How many removals were asked for.</summary>
    public int Removals => Volatile.Read(ref _removals);

    /// <summary>How often it was disposed.</summary>
    public int Disposals => Volatile.Read(ref _disposals);

    /// <summary>Called whenever the fence is passed.</summary>
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
