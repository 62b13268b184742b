using Fulgurite.State;

namespace Fulgurite.Bench.Measuring;

/// <summary>Keeps nothing, for measurements in which nothing is saved.</summary>
internal sealed class NoCheckpointIO : CheckpointIO
{
    public override Task SaveCheckpointAsync(
        TrainingState checkpoint, string path, SaveContext? context, CancellationToken cancellationToken) =>
        Task.CompletedTask;

    public override Task<TrainingState> LoadCheckpointAsync(string path, LoadOptions? options, CancellationToken cancellationToken) =>
        Task.FromException<TrainingState>(new CheckpointNotFoundException(path));

    public override Task RemoveCheckpointAsync(string path, CancellationToken cancellationToken) => Task.CompletedTask;
}
