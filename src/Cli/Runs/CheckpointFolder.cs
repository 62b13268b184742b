using Fulgurite.IO;

namespace Fulgurite.Cli;

/// <summary>Finds checkpoints in folders.</summary>
internal static class CheckpointFolder
{
    private const int Depth = 4;

    private static readonly string[] Endings = [".ckpt", ".pt", ".pth", ".safetensors"];

    /// <summary>
    /// Returns a file or a sharded checkpoint itself; for another folder, all checkpoints in it and its subfolders, by name.
    /// </summary>
    /// <exception cref="UsageException">The path does not exist, or the folder contains no checkpoints.</exception>
    public static IReadOnlyList<string> Expand(string path)
    {
        if (OpenCheckpoint.FindIndex(path) is not null)
        {
            return [path];
        }

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
            .SelectMany(files => OpenCheckpoint.FindIndex(files.Key) is null
                ? files.Where(file => !IncrementFile.IsPart(file)
                    && Endings.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase))
                : [files.Key])
            .Order(StringComparer.Ordinal)];
    }
}
