namespace Fulgurite.IO;

/// <summary>What two spellings of one path have in common: <c>./a</c> and <c>a</c>, and a directory by its name and through symbolic links.</summary>
/// <remarks>
/// Taken once, when an operation is asked for: the current directory and links may be others when it ends. Letters that a file system takes for
/// the same though they differ in case are told apart.
/// </remarks>
internal static class PathKey
{
    /// <summary>How many links a path may go through, as on Linux; more are a circle.</summary>
    private const int MostLinks = 40;

    /// <summary>The key of a path. For paths that are no file's it is merely a name; it orders a little too much at worst.</summary>
    public static string Of(string path)
    {
        if (LocalPath.SchemeOf(path) is not null)
        {
            return path;
        }

        try
        {
            var full = Path.GetFullPath(LocalPath.Plain(path));
            return Resolve(full) ?? full;
        }
        catch (Exception exception) when (exception is ArgumentException or IOException or UnauthorizedAccessException or NotSupportedException or CheckpointException)
        {
            return path;
        }
    }

    private static string? Resolve(string full)
    {
        var links = 0;
        var root = Path.GetPathRoot(full)!;
        var resolved = root;
        var names = new Stack<string>(Names(full, root));
        while (names.TryPop(out var name))
        {
            var next = Path.Combine(resolved, name);
            if (new FileInfo(next).LinkTarget is not { } target)
            {
                resolved = next;
                continue;
            }

            if (++links > MostLinks)
            {
                return null;
            }

            var led = Path.GetFullPath(target, resolved);
            resolved = Path.GetPathRoot(led)!;
            foreach (var above in Names(led, resolved))
            {
                names.Push(above);
            }
        }

        return resolved;
    }

    /// <summary>The names of a path, the last one first.</summary>
    private static IEnumerable<string> Names(string full, string root) =>
        full[root.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries).Reverse();
}
