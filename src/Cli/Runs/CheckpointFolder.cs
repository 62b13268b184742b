using Fulgurite.IO;

namespace Fulgurite.Cli;

/// <summary>Finds checkpoints in folders.</summary>
internal static class CheckpointFolder
{
    private const int Depth = 4;

    private static readonly string[] Endings = [".ckpt", ".pt", ".pth", ".safetensors"];

    /// <summary>Returns a file itself; for a folder, the folder if it is a checkpoint, and all checkpoints in it, by name.</summary>
    /// <exception cref="UsageException">The path does not exist, or the folder contains no checkpoints.</exception>
    public static IReadOnlyList<string> Expand(string path)
    {
        if (!Directory.Exists(path))
        {
            return File.Exists(path) ? [path] : throw new UsageException($"The file or folder '{path}' does not exist. Check the path.");
        }

        var found = Find(path);
        return found.Count > 0
            ? found
            : throw new UsageException(
                $"The folder '{path}' contains no checkpoints (files with the extension {string.Join(", ", Endings)}). "
                    + "Specify the folder of a run.");
    }

    /// <summary>Returns all checkpoints in a folder and its subfolders, by name, without the bases of increments.</summary>
    public static IReadOnlyList<string> Find(string folder)
    {
        var options = new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = Depth, IgnoreInaccessible = true };
        return [.. Directory.EnumerateFiles(folder, "*", options)
            .GroupBy(file => Path.GetDirectoryName(file)!, StringComparer.Ordinal)
            .SelectMany(files => OpenCheckpoint.FindIndex(files.Key) is { } index
                ? files.Where(IsCheckpoint).Except(PartsOf(index, files), StringComparer.Ordinal).Prepend(files.Key)
                : files.Where(IsCheckpoint))
            .Order(StringComparer.Ordinal)];
    }

    private static bool IsCheckpoint(string file) =>
        !IncrementFile.IsPart(file) && Endings.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// Returns the files in the folder of an index that are no checkpoints by themselves: those that it names, and parts of saves that have
    /// not completed. All safetensors files are, if the index cannot be read.
    /// </summary>
    private static IEnumerable<string> PartsOf(string index, IEnumerable<string> files)
    {
        try
        {
            using var reader = new LocalStorage().Open(index);
            return ShardIndex.Read(reader).Paths.Concat(files.Where(file => PartName.TryParseFile(file, out _, out _)));
        }
        catch (CheckpointException)
        {
            return files.Where(file => file.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase));
        }
    }
}
