using Fulgurite.State;

namespace Fulgurite.Testing;

/// <summary>Blocks saves at a gate that the test opens, for all saves or one by one.</summary>
/// <param name="inner">The inner CheckpointIO, which writes after the gate.</param>
public sealed class GatedCheckpointIO(CheckpointIO inner) : WrappingCheckpointIO(inner), ICheckpointFiles
{
    private readonly SemaphoreSlim _gate = new(0);
    private readonly SemaphoreSlim _arrivals = new(0);
    private volatile bool _isOpen;

    /// <summary>Waits until a save reaches the gate; each save is reported once.</summary>
    /// <param name="cancellationToken">A token to cancel the wait.</param>
    public Task ArrivalAsync(CancellationToken cancellationToken) => _arrivals.WaitAsync(cancellationToken);

    /// <summary>Lets one save pass.</summary>
    public void LetOneThrough() => _gate.Release();

    /// <summary>Opens the gate permanently.</summary>
    public void Open()
    {
        _isOpen = true;
        _gate.Release(1 << 20);
    }

    /// <inheritdoc/>
    public override async Task SaveCheckpointAsync(
        TrainingState checkpoint, string path, SaveContext? context, CancellationToken cancellationToken)
    {
        _arrivals.Release();
        if (!_isOpen)
        {
            await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        cancellationToken.ThrowIfCancellationRequested();
        await Inner.SaveCheckpointAsync(checkpoint, path, context, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync().ConfigureAwait(false);
        _gate.Dispose();
        _arrivals.Dispose();
    }

    /// <inheritdoc/>
    public long? GetAvailableBytes(string path) => Inner.GetCapability<ICheckpointFiles>()?.GetAvailableBytes(path);
}
