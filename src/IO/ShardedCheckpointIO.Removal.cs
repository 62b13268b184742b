using Fulgurite.IO;
using Microsoft.Extensions.Logging;

namespace Fulgurite;

/// <content>The removal of checkpoints, and of parts that belong to none.</content>
public sealed partial class ShardedCheckpointIO
{
    private void RemoveFolder(string path)
    {
        var index = ShardIndex.In(path);
        if (!Storage.Exists(index))
        {
            if (Storage.Exists(path))
            {
                Storage.Delete(path);
            }

            return;
        }

        var manifest = TryReadManifest(index);
        Storage.Delete(index);
        Sweep(path, manifest?.SaveId ?? CreateSaveId(), manifest, includesSave: true);
        Storage.DeleteFolder(path);
    }

    /// <summary>
    /// Removes the files of the previous checkpoint in a folder, and parts of earlier saves that did not complete. Later saves to the
    /// folder may be under way.
    /// </summary>
    private void Sweep(string path, string saveId, ShardManifest? before, bool includesSave = false)
    {
        if (before is not null && (includesSave || !string.Equals(before.SaveId, saveId, StringComparison.Ordinal)))
        {
            // Whoever has edited the index, nothing else is removed.
            DeleteAll(before.Files.Where(file => PartName.TryParseFile(file.Name, out _, out _))
                .Select(file => PartName.Join(path, file.Name)));
        }

        DeleteParts(path, part => string.CompareOrdinal(part.SaveId, saveId) is var order && (order < 0 || (includesSave && order == 0)));
        SweepBeside(path);
    }

    /// <summary>At the first save to a folder of checkpoints, removes parts next to it whose save has not completed long ago.</summary>
    private void SweepBeside(string path)
    {
        var end = path.TrimEnd('/', Path.DirectorySeparatorChar).LastIndexOfAny(['/', Path.DirectorySeparatorChar]);
        if (end <= 0 || !_swept.TryAdd(path[..end], true))
        {
            return;
        }

        var oldest = _time.GetUtcNow() - StalePartAge;
        try
        {
            foreach (var folder in Storage.ListFolders(path[..end]).Where(folder => !Storage.Exists(ShardIndex.In(folder))))
            {
                // The identifier may be as old as the save before, and the file is not.
                if (DeleteParts(folder, part => part.Time < oldest, oldest))
                {
                    Storage.DeleteFolder(folder);
                }
            }
        }
        catch (CheckpointException exception)
        {
            LogNotSwept(path, exception);
        }
    }

    private bool DeleteParts(string folder, Func<PartName, bool> isOld, DateTimeOffset? newest = null)
    {
        try
        {
            var old = Storage.List(folder)
                .Where(file => PartName.TryParseFile(file.Path, out _, out var part) && isOld(part) && !(file.Time > newest)).ToList();
            DeleteAll(old.Select(file => file.Path));
            return old.Count > 0;
        }
        catch (CheckpointException exception)
        {
            LogNotSwept(folder, exception);
            return false;
        }
    }

    /// <summary>Deletes files. They are not part of a checkpoint, so that what remains only takes space.</summary>
    private void DeleteAll(IEnumerable<string> paths, bool throws = false)
    {
        var files = paths.ToList();
        try
        {
            if (files.Count > 0)
            {
                Storage.Delete(files);
            }
        }
        catch (CheckpointException exception) when (!throws)
        {
            LogNotSwept(exception.Path ?? files[0], exception);
        }
    }

    private void LogNotSwept(string path, Exception exception)
    {
        if (_logger is not null)
        {
            LogNotSwept(_logger, path, exception.Message);
        }
    }

    [LoggerMessage(
        EventId = 24, Level = LogLevel.Warning,
        Message = "Parts of an incomplete or replaced checkpoint were not removed from {Path}: {Reason}. A later save removes them")]
    private static partial void LogNotSwept(ILogger logger, string path, string reason);
}
