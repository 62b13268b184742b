namespace Fulgurite.Cli;

/// <summary>Finds checkpoints in folders.</summary>
internal static class CheckpointFolder
{
    private const int Depth = 4;

    private static readonly string[] Endings = [".ckpt", ".pt", ".pth", ".safetensors"];

    /// <summary>A file as it is; for a folder, the checkpoints in it and below it, by name.</summary>
    /// <exception cref="UsageException">There is nothing at the path, or no checkpoint in the folder.</exception>
    public static IReadOnlyList<string> Expand(string path)
    {
        if (!Directory.Exists(path))
        {
            return File.Exists(path) ? [path] : throw new UsageException($"There is no file or folder '{path}'. Is the path right?");
        }

        var found = Find(path);
        return found.Count > 0
            ? found
            : throw new UsageException($"The folder '{path}' has no checkpoints (files ending in {string.Join(", ", Endings)}). Is it the folder of the run?");
    }

    /// <summary>The checkpoints in a folder and below it, by name.</summary>
    public static IReadOnlyList<string> Find(string folder)
    {
        var options = new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = Depth, IgnoreInaccessible = true };
        return [.. Directory.EnumerateFiles(folder, "*", options)
            .Where(file => Endings.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase))
            .Order(StringComparer.Ordinal)];
    }
}
