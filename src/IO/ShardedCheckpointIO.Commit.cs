using System.Buffers;
using System.Text.Json;
using Fulgurite.IO;
using Fulgurite.State;

namespace Fulgurite;

/// <content>The commit of all parts: the index that names them.</content>
public sealed partial class ShardedCheckpointIO
{
    private static readonly JsonWriterOptions Indented = new() { Indented = true };

    /// <summary>Replaces the checkpoint at a path by the parts of a save.</summary>
    /// <param name="path">The path.</param>
    /// <param name="commit">The parts.</param>
    /// <param name="context">The save, which may remove what was replaced later; null to remove it now.</param>
    /// <param name="cancellationToken">A token to cancel the operation.</param>
    /// <returns>The number of bytes of all files.</returns>
    private long Commit(string path, CommitOptions commit, SaveContext? context, CancellationToken cancellationToken)
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

        if (context is null)
        {
            Sweep(path, commit.SaveId, before);
        }
        else
        {
            context.Afterwards(() => Sweep(path, commit.SaveId, before));
        }

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
                using var reader = Storage.Open(file);
                using var part = Parse(reader, new LoadOptions { Only = [ShardPlan.Plan] }, cancellationToken);
                if (!ShardPlan.IsOf(part, plan))
                {
                    throw new CheckpointException(
                        $"The checkpoint '{path}' was not saved: the state of rank {number - 1} has other tensors than that of rank 0. "
                            + "All processes must train the same module with the same callbacks.",
                        path);
                }

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
            using var reader = Storage.Open(file);
            using var root = Parse(reader, new LoadOptions { Only = [ShardPlan.Tree, ShardPlan.Plan] }, cancellationToken);
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

    /// <summary>The options of the save that makes durable parts a checkpoint.</summary>
    private sealed class CommitOptions(string saveId, int count) : StorageOptions
    {
        public string SaveId => saveId;

        public int Count => count;
    }
}
