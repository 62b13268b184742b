using Microsoft.Extensions.Logging;

namespace Fulgurite;

/// <summary>The saves of one checkpoint callback, and the search for those of earlier runs.</summary>
internal sealed partial class OwnSaves
{
    private readonly Lock _gate = new();
    private readonly List<SaveOperation> _pending = [];
    private string? _newest;
    private bool _hasLooked;

    /// <summary>Gets the path of the newest durable save; null if there is none.</summary>
    public string? Newest
    {
        get
        {
            lock (_gate)
            {
                var last = _pending.FindLastIndex(save => save.Outcome == CheckpointOutcome.Durable);
                if (last >= 0)
                {
                    _newest = _pending[last].Path;
                    _pending.RemoveRange(0, last + 1); // Those before it are older.
                }

                _pending.RemoveAll(save => save.Outcome is not (CheckpointOutcome.Pending or CheckpointOutcome.Durable));
                return _newest;
            }
        }
    }

    /// <summary>Follows a save. Warns of the first one that a restart would not find.</summary>
    public void Add(Checkpoint callback, Trainer trainer, SaveOperation operation)
    {
        if (!_hasLooked)
        {
            _hasLooked = true;
            WarnIfLost(callback, trainer, operation.Path);
        }

        _ = Newest;
        lock (_gate)
        {
            _pending.Add(operation);
        }
    }

    /// <summary>Returns a durable path if it still exists; otherwise, the newest checkpoint in a folder; null if there is none.</summary>
    public static string? Find(Trainer trainer, string? path, string? folder)
    {
        var io = trainer.Strategy.CheckpointIO;
        var newest = new NewestCheckpoint(io, trainer.Log);
        return (path is null ? null : newest.Pick(() => newest.Describe(path) is { } entry ? [entry] : []))
            ?? (string.IsNullOrEmpty(folder) ? null : newest.Pick(() => newest.List(folder, name => IsCheckpoint(io, name))));
    }

    private static void WarnIfLost(Checkpoint callback, Trainer trainer, string path)
    {
        Func<Trainer, string?> find = callback.FindLast;
        if (find.Method.DeclaringType == typeof(Checkpoint)
            && callback.GetDirectory(trainer) is var folder
            && (folder is null || !IsIn(folder, path) || !IsCheckpoint(trainer.Strategy.CheckpointIO, path)))
        {
            LogLost(trainer.Log, callback.GetType().Name, path, folder, trainer.Strategy.CheckpointIO.FileExtension);
        }
    }

    private static bool IsCheckpoint(CheckpointIO io, string name) =>
        name.EndsWith(".ckpt", StringComparison.Ordinal) || name.EndsWith(io.FileExtension, StringComparison.Ordinal);

    private static bool IsIn(string folder, string path) =>
        LocalPath.SchemeOf(path) is null && LocalPath.SchemeOf(folder) is null
            ? string.Equals(
                Path.TrimEndingDirectorySeparator(Path.GetFullPath(LocalPath.Plain(folder))),
                Path.GetDirectoryName(Path.GetFullPath(LocalPath.Plain(path))), StringComparison.Ordinal)
            : string.Equals(folder.TrimEnd('/'), path[..Math.Max(path.LastIndexOf('/'), 0)], StringComparison.Ordinal);

    [LoggerMessage(
        1015, LogLevel.Warning,
        "{Callback} saves '{Path}', but a restarted program looks for its checkpoints in '{Folder}', with the extension .ckpt or "
            + "{Extension}. Override GetDirectory, or FindLast")]
    private static partial void LogLost(ILogger logger, string callback, string path, string? folder, string extension);
}
