using Fulgurite.State;

namespace Fulgurite.Testing;

/// <summary>Fails the saves that a test chooses, leaving what was there before; everything else passes.</summary>
/// <param name="inner">What does the rest.</param>
/// <param name="failure">Given the path and the number of the save, from one: the exception to throw, or null.</param>
public sealed class FlakyCheckpointIO(CheckpointIO inner, Func<string, int, Exception?> failure) : WrappingCheckpointIO(inner), ICheckpointFiles
{
    private int _saves;

    /// <inheritdoc/>
    public override Task SaveCheckpointAsync(TrainingState checkpoint, string path, SaveContext? context, CancellationToken cancellationToken) =>
        failure(path, Interlocked.Increment(ref _saves)) is { } exception
            ? Task.FromException(exception)
            : Inner.SaveCheckpointAsync(checkpoint, path, context, cancellationToken);

    /// <inheritdoc/>
    public long? GetAvailableBytes(string path) => Inner.GetCapability<ICheckpointFiles>()?.GetAvailableBytes(path);
}
