namespace Fulgurite.Callbacks.Naming;

/// <summary>Finds paths for new checkpoints, so that none lands on a file that is not the callback's own.</summary>
internal sealed class CheckpointPaths(CheckpointDirectory directory, CheckpointNaming naming, bool countsVersions, Trainer trainer)
{
    private readonly HashSet<string> _reserved = new(StringComparer.Ordinal);

    public CheckpointDirectory Directory => directory;

    /// <summary>Takes the first version of a name that is free, or whose file is to be replaced anyway.</summary>
    /// <param name="name">The name without ending.</param>
    /// <param name="mayReplace">Whether a file of the callback's own may be overwritten.</param>
    public string Reserve(string name, Func<string, bool> mayReplace)
    {
        for (var version = 0; ; version = Math.Max(version + 1, naming.StartingVersion))
        {
            var path = directory[naming.WithVersion(name, version)];
            if (!countsVersions || mayReplace(path) || (!_reserved.Contains(path) && !Exists(path)))
            {
                _reserved.Add(path);
                return path;
            }
        }
    }

    public void TakeOver(string path) => _reserved.Add(path);

    public void GiveBack(string path) => _reserved.Remove(path);

    public bool Exists(string path)
    {
        var exists = trainer.Strategy.CheckpointIO.ExistsAsync(path, CancellationToken.None).GetAwaiter().GetResult();
        return trainer.Strategy.WorldSize > 1 ? trainer.Strategy.ReduceDecision(exists, all: false) : exists;
    }
}
