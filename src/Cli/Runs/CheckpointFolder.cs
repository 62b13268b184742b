namespace Fulgurite.Cli.Runs;

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

        var options = new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = Depth, IgnoreInaccessible = true };
        var found = Directory.EnumerateFiles(path, "*", options)
            .Where(file => Endings.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase))
            .Order(StringComparer.Ordinal)
            .ToList();
        return found.Count > 0
            ? found
            : throw new UsageException($"The folder '{path}' has no checkpoints (files ending in {string.Join(", ", Endings)}). Is it the folder of the run?");
    }
}
