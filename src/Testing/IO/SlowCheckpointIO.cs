using Fulgurite.State;

namespace Fulgurite.Testing;

/// <summary>Takes its time for every save, as a saturated disk does: so many bytes a second. For measurements; tests use a gate.</summary>
/// <param name="inner">What does the rest.</param>
/// <param name="bytesPerSecond">How fast.</param>
/// <param name="timeProvider">The clock; null for the system's.</param>
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
