namespace Fulgurite.IO;

/// <summary>A normalized path: equal for <c>./a</c> and <c>a</c>, and for a directory and symbolic links to it.</summary>
/// <remarks>
/// Determined when an operation is requested: the current directory and links may change before it ends. Paths that differ only in case
/// are considered different, also on file systems that ignore case.
/// </remarks>
internal static class PathKey
{
    /// <summary>The maximum number of links in a path, as on Linux; more indicate a cycle.</summary>
    private const int MostLinks = 40;

    /// <summary>
    /// Returns the key of a path. For paths outside of the file system, it is only a name; at worst, it orders too strictly.
    /// </summary>
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
        catch (Exception exception) when (exception is ArgumentException or IOException or UnauthorizedAccessException
            or NotSupportedException or CheckpointException)
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

    /// <summary>Returns the names in a path, last one first.</summary>
    private static IEnumerable<string> Names(string full, string root) =>
        full[root.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries).Reverse();
}
