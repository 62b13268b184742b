using System.Buffers;
using System.Text.Json;
using Fulgurite.IO;
using Fulgurite.State;
using Microsoft.Extensions.Logging;

namespace Fulgurite;

/// <content>Writing: the files of a part, the commit of all parts, and the removal of old ones.</content>
public sealed partial class ShardedCheckpointIO
{
    private static readonly JsonWriterOptions Indented = new() { Indented = true };

    /// <summary>Writes a state as a checkpoint of one part.</summary>
    private protected override long Write(TrainingState state, string path, CancellationToken cancellationToken)
    {
        var part = new PartName(CreateSaveId(), 1, 1);
        WritePart(state, path, part, cancellationToken);
        return Commit(path, new CommitOptions(part.SaveId, part.Count), cancellationToken);
    }

    /// <summary>Writes the files of a part; none of them remains after a failure.</summary>
    /// <returns>The number of bytes.</returns>
    private long WritePart(TrainingState state, string folder, PartName part, CancellationToken cancellationToken)
    {
        try
        {
            var (model, rest) = ShardPlan.Split(state, part.Number);
            return WriteFile(model, PartName.Model) + WriteFile(rest, PartName.State);
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

        long WriteFile(TrainingState? file, string kind) =>
            file is null ? 0 : Storage.Write(part.FileIn(folder, kind), Format(file), cancellationToken);
    }

    /// <summary>Replaces the checkpoint at a path by the parts of a save.</summary>
    /// <returns>The number of bytes of all files.</returns>
    private long Commit(string path, CommitOptions commit, CancellationToken cancellationToken)
    {
        var index = ShardIndex.In(path);
        var before = TryReadManifest(index);
        byte[] content;
        IReadOnlyList<ShardFile> files;
        try
        {
            (content, files) = Describe(path, commit, cancellationToken);
            cancellationToken.ThrowIfCancellationRequested();
            var file = new FileContent();
            file.Add(content);
            Storage.Write(index, file, cancellationToken);
        }
        catch (Exception exception)
        {
            // Where it is uncertain whether the new index is in place, its parts stay. A later save to the path removes them if it is not.
            if (exception is not CheckpointException { IsInPlace: true } && IsOther(index, commit.SaveId))
            {
                DeleteAll(PartsOf(path, commit));
                Storage.DeleteFolder(path);
            }

            throw exception is CheckpointException failed && failed.Path != path
                ? new CheckpointException(failed.Message, path, failed) { IsTransient = failed.IsTransient, IsInPlace = failed.IsInPlace }
                : exception;
        }

        Sweep(path, commit.SaveId, before);
        return content.Length + files.Sum(file => file.ByteLength);
    }

    /// <summary>Reads the headers of all parts, and returns the index of them.</summary>
    private (byte[] Content, IReadOnlyList<ShardFile> Files) Describe(
        string path, CommitOptions commit, CancellationToken cancellationToken)
    {
        var first = new PartName(commit.SaveId, 1, commit.Count);
        var (plan, needed) = ReadPlan(first.FileIn(path, PartName.State), cancellationToken);
        var files = new List<ShardFile>();
        var weights = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var weightBytes = 0L;
        foreach (var (kind, number) in needed)
        {
            var file = (first with { Number = number }).FileIn(path, kind);
            try
            {
                using var part = ReadRoot(file, [ShardPlan.Plan], cancellationToken);
                if (!ShardPlan.IsOf(part, plan))
                {
                    throw new CheckpointException(
                        $"The checkpoint '{path}' was not saved: the state of rank {number - 1} has other tensors than that of rank 0. "
                            + "All processes must train the same module with the same callbacks.",
                        path);
                }

                using var reader = Storage.Open(file);
                var header = PartHeader.Read(reader);
                var name = file[(file.LastIndexOf('/') + 1)..];
                files.Add(new ShardFile(name, header.ByteLength, header.Checksum));
                foreach (var entry in kind == PartName.Model ? header.Entries : [])
                {
                    weights[entry.Name] = name;
                    weightBytes += entry.End - entry.Begin;
                }
            }
            catch (CheckpointNotFoundException exception)
            {
                throw new CheckpointException(
                    $"The checkpoint '{path}' was not saved: rank {number - 1} has written '{file}', and rank 0 does not find it. "
                        + "Use a folder that all processes reach.",
                    path, exception);
            }
        }

        return (IndexOf(weights, weightBytes, new ShardManifest(commit.SaveId, files)), files);
    }

    private static byte[] IndexOf(IEnumerable<KeyValuePair<string, string>> weights, long weightBytes, ShardManifest manifest)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output, Indented))
        {
            json.WriteStartObject();
            json.WriteStartObject("metadata");
            json.WriteNumber("total_size", weightBytes);
            json.WriteEndObject();
            json.WriteStartObject("weight_map");
            foreach (var (name, file) in weights)
            {
                json.WriteString(name, file);
            }

            json.WriteEndObject();
            manifest.Write(json);
            json.WriteEndObject();
        }

        return output.WrittenSpan.ToArray();
    }

    /// <summary>Returns the fingerprint in the first part, and the files that its tree refers to.</summary>
    private (StateValue Plan, List<(string Kind, int Number)> Needed) ReadPlan(string file, CancellationToken cancellationToken)
    {
        try
        {
            using var root = ReadRoot(file, [ShardPlan.Tree, ShardPlan.Plan], cancellationToken);
            var (tree, plan) = ShardPlan.Read(root);
            return (plan,
                [
                    .. ShardTree.References(tree).Select(leaf => (leaf.Reference.Kind, leaf.Reference.Number)).Append((PartName.State, 1))
                        .Distinct().Order(),
                ]);
        }
        catch (Exception exception) when (exception is FormatException or OverflowException)
        {
            throw new CheckpointCorruptException(
                $"The part '{file}' of a checkpoint cannot be read: {exception.Message}.", file, exception);
        }
    }

    private TrainingState ReadRoot(string file, string[] keys, CancellationToken cancellationToken)
    {
        using var reader = Storage.Open(file);
        return Parse(reader, new LoadOptions { Only = keys }, cancellationToken);
    }

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

        if (!TryLink(links.Select(link => link.From), links.Select(link => link.To)))
        {
            return false;
        }

        Commit(path, new CommitOptions(saveId, count), cancellationToken);
        return true;
    }

    /// <summary>Links the files that exist. If a link fails, none remains.</summary>
    /// <returns>true if there was a file, and all are linked.</returns>
    private bool TryLink(IEnumerable<string> existing, IEnumerable<string> paths)
    {
        var links = existing.Zip(paths).Where(link => Storage.Exists(link.First)).ToList();
        try
        {
            if (links.Count > 0 && links.TrueForAll(link => Storage.TryLink(link.First, link.Second)))
            {
                return true;
            }
        }
        catch
        {
            DeleteAll(links.Select(link => link.Second));
            throw;
        }

        DeleteAll(links.Select(link => link.Second));
        return false;
    }

    private bool Exists(string path) => Storage.Exists(ShardIndex.In(path)) || Storage.Exists(path);

    private ShardManifest? TryReadManifest(string index)
    {
        try
        {
            using var reader = Storage.Open(index);
            return ShardIndex.Read(reader).Manifest;
        }
        catch (CheckpointException)
        {
            return null;
        }
    }

    /// <summary>Returns whether an index certainly does not name the files of a save.</summary>
    private bool IsOther(string index, string saveId)
    {
        try
        {
            return !Storage.Exists(index)
                || (TryReadManifest(index) is { } manifest && !string.Equals(manifest.SaveId, saveId, StringComparison.Ordinal));
        }
        catch (CheckpointException)
        {
            return false;
        }
    }

    private static IEnumerable<string> PartsOf(string path, CommitOptions commit) =>
        Enumerable.Range(1, commit.Count).SelectMany(number => new PartName(commit.SaveId, number, commit.Count).FilesIn(path));

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
                if (DeleteParts(folder, part => part.Time < oldest))
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

    private bool DeleteParts(string folder, Func<PartName, bool> isOld)
    {
        try
        {
            var old = Storage.List(folder).Where(file => PartName.TryParseFile(file.Path, out _, out var part) && isOld(part)).ToList();
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
        foreach (var path in paths)
        {
            try
            {
                Storage.Delete(path);
            }
            catch (CheckpointException exception) when (!throws)
            {
                LogNotSwept(path, exception);
            }
        }
    }

    private static void ThrowIfNoRank(int rank, int worldSize)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rank);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(rank, worldSize);
    }

    private static bool IsIndex(string path) => path.EndsWith("/" + ShardIndex.FileName, StringComparison.Ordinal)
        || path.EndsWith(Path.DirectorySeparatorChar + ShardIndex.FileName, StringComparison.Ordinal);

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

    /// <summary>The options of the save that makes durable parts a checkpoint.</summary>
    private sealed class CommitOptions(string saveId, int count) : StorageOptions
    {
        public string SaveId => saveId;

        public int Count => count;
    }
}
