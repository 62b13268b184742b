using Fulgurite.IO;
using Fulgurite.State;

namespace Fulgurite;

/// <content>Writing: the files of a part, and second names for those of a checkpoint.</content>
public sealed partial class ShardedCheckpointIO
{
    // Replaced as a whole: saves may come from any thread.
    private WrittenPart? _lastPart;

    /// <summary>Writes a state as a checkpoint of one part.</summary>
    private long Write(TrainingState state, string path, SaveContext? context, CancellationToken cancellationToken)
    {
        var part = new PartName(CreateSaveId(), 1, 1);
        WritePart(state, path, part, cancellationToken);
        return Commit(path, new CommitOptions(part.SaveId, part.Count), context, cancellationToken);
    }

    /// <summary>Writes the files of a part, both at the same time; none of them remains after a failure.</summary>
    /// <returns>The number of bytes.</returns>
    private long WritePart(TrainingState state, string folder, PartName part, CancellationToken cancellationToken)
    {
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            var (model, rest) = ShardPlan.Split(state, part.Number);
            var files = new[] { (State: model, Kind: PartName.Model), (State: rest, Kind: PartName.State) };
            files = Array.FindAll(files, file => file.State is not null);
            var (next, length) = (-1, 0L);
            if (files.Length == 0)
            {
                return 0;
            }

            ParallelThreads.Run(
                files.Length,
                () =>
                {
                    var file = files[Interlocked.Increment(ref next)];
                    Interlocked.Add(
                        ref length, Storage.Write(part.FileIn(folder, file.Kind), Format(file.State!), cancellation.Token));
                },
                cancellation.Cancel);
            _lastPart = new WrittenPart(part.PathIn(folder), Array.ConvertAll(files, file => file.Kind));
            return length;
        }
        catch (Exception exception)
        {
            DeleteAll(part.FilesIn(folder));
            Storage.DeleteFolder(folder);
            throw exception is NotSupportedException
                ? new CheckpointException($"The checkpoint '{folder}' could not be saved: {exception.Message}", folder, exception)
                : exception is CheckpointException failed
                    ? new CheckpointException(failed.Message, folder, failed) { IsTransient = failed.IsTransient }
                    : exception;
        }
    }

    /// <summary>Gives the files of a checkpoint second names in another folder.</summary>
    private bool TryLinkAll(string existing, string path, CancellationToken cancellationToken)
    {
        if (TryReadManifest(ShardIndex.In(existing)) is not { } manifest)
        {
            return false;
        }

        var saveId = CreateSaveId();
        var count = 1;
        var links = new List<(string From, string To)>();
        foreach (var file in manifest.Files)
        {
            if (!PartName.TryParseFile(file.Name, out var kind, out var part))
            {
                return false;
            }

            count = part.Count;
            links.Add((PartName.Join(existing, file.Name), (part with { SaveId = saveId }).FileIn(path, kind)));
        }

        if (!TryLink(links))
        {
            return false;
        }

        Commit(path, new CommitOptions(saveId, count), context: null, cancellationToken);
        return true;
    }

    /// <summary>
    /// Gives the files of the part that this process has written last second names. Rank 0 may be removing them, one after the other: what
    /// is there of another part need not be all of it.
    /// </summary>
    private bool TryLinkPart(string existing, (string Folder, PartName Name) from, (string Folder, PartName Name) to) =>
        _lastPart is { } last && string.Equals(last.Path, existing, StringComparison.Ordinal)
        && TryLink([.. last.Kinds.Select(kind => (from.Name.FileIn(from.Folder, kind), to.Name.FileIn(to.Folder, kind)))]);

    /// <summary>Links files. If a link fails, none remains.</summary>
    /// <returns>true if there was a file, and all are linked.</returns>
    private bool TryLink(List<(string From, string To)> links)
    {
        try
        {
            if (links.Count > 0 && links.TrueForAll(link => Storage.TryLink(link.From, link.To)))
            {
                return true;
            }
        }
        catch
        {
            DeleteAll(links.Select(link => link.To));
            throw;
        }

        DeleteAll(links.Select(link => link.To));
        return false;
    }

    private bool Exists(string path) => Storage.Exists(ShardIndex.In(path)) || Storage.Exists(path);

    private static void ThrowIfNoRank(int rank, int worldSize)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rank);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(rank, worldSize);
    }

    private static bool IsIndex(string path) => path.EndsWith("/" + ShardIndex.FileName, StringComparison.Ordinal)
        || path.EndsWith(Path.DirectorySeparatorChar + ShardIndex.FileName, StringComparison.Ordinal);

    /// <summary>The part that was written last.</summary>
    /// <param name="Path">Its path.</param>
    /// <param name="Kinds">The files that it has.</param>
    private sealed record WrittenPart(string Path, string[] Kinds);
}
