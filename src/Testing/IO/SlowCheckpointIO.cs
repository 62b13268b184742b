using Fulgurite.State;

namespace Fulgurite.Testing;

/// <summary>Limits saves to a bandwidth, like a saturated disk. For measurements; use <see cref="GatedCheckpointIO"/> in tests.</summary>
/// <param name="inner">The inner CheckpointIO.</param>
/// <param name="bytesPerSecond">The bandwidth in bytes per second.</param>
/// <param name="timeProvider">The clock; null for the system clock.</param>
public sealed class SlowCheckpointIO(CheckpointIO inner, double bytesPerSecond, TimeProvider? timeProvider = null) : WrappingCheckpointIO(inner), ICheckpointFiles
{
    /// <inheritdoc/>
    public override async Task SaveCheckpointAsync(TrainingState checkpoint, string path, SaveContext? context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        var bytes = StorageLayout.Of(checkpoint).ByteLength;
        await Task.Delay(TimeSpan.FromSeconds(bytes / bytesPerSecond), timeProvider ?? TimeProvider.System, cancellationToken).ConfigureAwait(false);
        await Inner.SaveCheckpointAsync(checkpoint, path, context, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public long? GetAvailableBytes(string path) => Inner.GetCapability<ICheckpointFiles>()?.GetAvailableBytes(path);
}
