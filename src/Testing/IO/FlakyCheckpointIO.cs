using Fulgurite.State;

namespace Fulgurite.Testing;

/// <summary>Fails selected saves without changing existing checkpoints; forwards everything else.</summary>
/// <param name="inner">The inner CheckpointIO.</param>
/// <param name="failure">Returns the exception to throw, or null, given the path and the one-based number of the save.</param>
public sealed class FlakyCheckpointIO(CheckpointIO inner, Func<string, int, Exception?> failure)
    : WrappingCheckpointIO(inner), ICheckpointFiles
{
    private int _saves;

    /// <inheritdoc/>
    public override Task SaveCheckpointAsync(
        TrainingState checkpoint, string path, SaveContext? context, CancellationToken cancellationToken) =>
        failure(path, Interlocked.Increment(ref _saves)) is { } exception
            ? Task.FromException(exception)
            : Inner.SaveCheckpointAsync(checkpoint, path, context, cancellationToken);

    /// <inheritdoc/>
    public long? GetAvailableBytes(string path) => Inner.GetCapability<ICheckpointFiles>()?.GetAvailableBytes(path);
}

/// <summary>Limits saves to a bandwidth, like a saturated disk. For measurements; use <see cref="GatedCheckpointIO"/> in tests.</summary>
/// <param name="inner">The inner CheckpointIO.</param>
/// <param name="bytesPerSecond">The bandwidth in bytes per second.</param>
/// <param name="timeProvider">The clock; null for the system clock.</param>
public sealed class SlowCheckpointIO(CheckpointIO inner, double bytesPerSecond, TimeProvider? timeProvider = null)
    : WrappingCheckpointIO(inner), ICheckpointFiles
{
    /// <inheritdoc/>
    public override async Task SaveCheckpointAsync(
        TrainingState checkpoint, string path, SaveContext? context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        var bytes = StorageLayout.Of(checkpoint).ByteLength;
        await Task.Delay(TimeSpan.FromSeconds(bytes / bytesPerSecond), timeProvider ?? TimeProvider.System, cancellationToken)
            .ConfigureAwait(false);
        await Inner.SaveCheckpointAsync(checkpoint, path, context, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public long? GetAvailableBytes(string path) => Inner.GetCapability<ICheckpointFiles>()?.GetAvailableBytes(path);
}
