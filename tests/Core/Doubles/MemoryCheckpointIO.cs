using Fulgurite.State;
using Fulgurite.Testing;

namespace Fulgurite.Tests.Core.Doubles;

/// <summary>Keeps copies of states in memory; a save can be made to fail.</summary>
internal sealed class MemoryCheckpointIO : CheckpointIO
{
    private readonly Dictionary<string, TrainingState> _states = new(StringComparer.Ordinal);

    public List<string> Saved { get; } = [];

    public List<string> Removed { get; } = [];

    public int Fences { get; private set; }

    public Func<string, Exception?> FailSave { get; set; } = _ => null;

    public override Task SaveCheckpointAsync(TrainingState checkpoint, string path, SaveContext? context, CancellationToken cancellationToken)
    {
        if (FailSave(path) is { } failure)
        {
            return Task.FromException(failure);
        }

        _states[path] = StateCopies.Copy(checkpoint);
        Saved.Add(path);
        return Task.CompletedTask;
    }

    public override Task<TrainingState> LoadCheckpointAsync(string path, LoadOptions? options, CancellationToken cancellationToken) =>
        _states.TryGetValue(path, out var state)
            ? Task.FromResult(state.Share())
            : Task.FromException<TrainingState>(new CheckpointNotFoundException(path));

    public override Task RemoveCheckpointAsync(string path, CancellationToken cancellationToken)
    {
        Removed.Add(path);
        _states.Remove(path);
        return Task.CompletedTask;
    }

    public override Task<bool> ExistsAsync(string path, CancellationToken cancellationToken) => Task.FromResult(_states.ContainsKey(path));

    public override void BeforeParametersChange() => Fences++;

    public TrainingState this[string path] => _states[path];
}
