using Fulgurite.State;

namespace Fulgurite.Bench.Capture;

/// <summary>Writes nothing: what is measured is the capture alone.</summary>
internal sealed class DiscardingCheckpointIO : CheckpointIO
{
    /// <summary>Looks at each state before it is dropped; null for not at all.</summary>
    public Action<TrainingState>? Check { get; set; }

    public override Task SaveCheckpointAsync(
        TrainingState checkpoint, string path, SaveContext? context, CancellationToken cancellationToken)
    {
        Check?.Invoke(checkpoint);
        return Task.CompletedTask;
    }

    public override Task<TrainingState> LoadCheckpointAsync(string path, LoadOptions? options, CancellationToken cancellationToken) =>
        throw new CheckpointNotFoundException(path);

    public override Task RemoveCheckpointAsync(string path, CancellationToken cancellationToken) => Task.CompletedTask;
}
