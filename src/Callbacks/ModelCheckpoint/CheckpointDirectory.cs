namespace Fulgurite.Callbacks;

/// <summary>The directory of the checkpoints of a callback: local, or defined by a custom <see cref="CheckpointIO"/>.</summary>
internal sealed class CheckpointDirectory
{
    private CheckpointDirectory(string path, bool isLocal) => (Path, IsLocal) = (path, isLocal);

    /// <summary>Gets the path, absolute for a local directory.</summary>
    public string Path { get; }

    /// <summary>Gets a value indicating whether it is a local directory rather than a URL.</summary>
    public bool IsLocal { get; }

    /// <summary>Gets the path of a file in the directory.</summary>
    public string this[string name] => Join(Path, name);

    /// <summary>Resolves the directory specified in options: <c>~</c> is the home folder, and a URL is used unchanged.</summary>
    /// <param name="path">The specified path; null or empty for <c>checkpoints</c> below the root.</param>
    /// <param name="defaultRoot">The root.</param>
    public static CheckpointDirectory Of(string? path, string defaultRoot)
    {
        var chosen = LocalPath.Plain(string.IsNullOrEmpty(path) ? Join(LocalPath.Plain(defaultRoot), "checkpoints") : path);
        return IsUrl(chosen)
            ? new CheckpointDirectory(chosen.TrimEnd('/'), isLocal: false)
            : new CheckpointDirectory(System.IO.Path.GetFullPath(chosen), isLocal: true);
    }

    /// <summary>Returns a relative path for the state, so that the directory can be moved.</summary>
    public string Relative(string path) => IsLocal
        ? System.IO.Path.GetRelativePath(Path, path).Replace('\\', '/')
        : path.StartsWith(Path + "/", StringComparison.Ordinal) ? path[(Path.Length + 1)..] : path;

    /// <summary>Returns the path of a file in a directory or below a URL.</summary>
    public static string Join(string directory, string name) =>
        IsUrl(directory) ? $"{directory.TrimEnd('/')}/{name}" : System.IO.Path.Combine(directory, name);

    /// <summary>Returns the canonical form of a path, for comparisons.</summary>
    public static string Canonical(string path) => IsUrl(path) ? path : System.IO.Path.GetFullPath(LocalPath.Plain(path));

    /// <summary>Returns the directory of a file.</summary>
    public static string ParentOf(string path) =>
        IsUrl(path) ? path[..path.LastIndexOf('/')] : System.IO.Path.GetDirectoryName(Canonical(path)) ?? path;

    private static bool IsUrl(string path) => LocalPath.SchemeOf(path) is not null;
}
