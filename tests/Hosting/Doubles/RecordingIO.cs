namespace Fulgurite.Tests.Hosting.Doubles;

/// <summary>A base that writes nothing and records what is asked of it, in a journal that several layers may share.</summary>
internal class RecordingIO(Journal journal) : CheckpointIO
{
    public override Task SaveCheckpointAsync(
        TrainingState checkpoint, string path, SaveContext? context, CancellationToken cancellationToken)
    {
        journal.Add($"{GetType().Name} saves {path}");
        return Task.CompletedTask;
    }

    public override Task<TrainingState> LoadCheckpointAsync(string path, LoadOptions? options, CancellationToken cancellationToken) =>
        Task.FromException<TrainingState>(new CheckpointNotFoundException(path));

    public override Task RemoveCheckpointAsync(string path, CancellationToken cancellationToken) => Task.CompletedTask;

    public override Task FlushAsync(CancellationToken cancellationToken)
    {
        journal.Add($"{GetType().Name} flushes");
        return Task.CompletedTask;
    }

    public override ValueTask DisposeAsync()
    {
        journal.Add($"{GetType().Name} is disposed");
        return base.DisposeAsync();
    }
}
