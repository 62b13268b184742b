
namespace Fulgurite.Callbacks;

/// <summary>The directory of a callback's checkpoints: on this machine, or wherever a custom <see cref="CheckpointIO"/> keeps them.</summary>
internal sealed class CheckpointDirectory
{
    private CheckpointDirectory(string path, bool isLocal) => (Path, IsLocal) = (path, isLocal);

    /// <summary>The directory; on this machine from its root.</summary>
    public string Path { get; }

    /// <summary>Whether it is one of this machine, rather than a URL.</summary>
    public bool IsLocal { get; }

    /// <summary>The path of a file below it.</summary>
    public string this[string name] => Join(Path, name);

    /// <summary>Finds the directory that options name: <c>~</c> is the home folder, and a URL is left as it is.</summary>
    /// <param name="path">What they say; null or empty for <c>checkpoints</c> below the root.</param>
    /// <param name="defaultRoot">The root.</param>
    public static CheckpointDirectory Of(string? path, string defaultRoot)
    {
        var chosen = LocalPath.Plain(string.IsNullOrEmpty(path) ? Join(LocalPath.Plain(defaultRoot), "checkpoints") : path);
        return IsUrl(chosen)
            ? new CheckpointDirectory(chosen.TrimEnd('/'), isLocal: false)
            : new CheckpointDirectory(System.IO.Path.GetFullPath(chosen), isLocal: true);
    }

    /// <summary>What a state keeps of a path, so that a directory that was moved is still the same.</summary>
    public string Relative(string path) => IsLocal
        ? System.IO.Path.GetRelativePath(Path, path).Replace('\\', '/')
        : path.StartsWith(Path + "/", StringComparison.Ordinal) ? path[(Path.Length + 1)..] : path;

    /// <summary>The path of a file below a directory or a URL.</summary>
    public static string Join(string directory, string name) =>
        IsUrl(directory) ? $"{directory.TrimEnd('/')}/{name}" : System.IO.Path.Combine(directory, name);

    /// <summary>A path in one form only, so that two can be compared.</summary>
    public static string Canonical(string path) => IsUrl(path) ? path : System.IO.Path.GetFullPath(LocalPath.Plain(path));

    /// <summary>The directory that a file lies in.</summary>
    public static string ParentOf(string path) =>
        IsUrl(path) ? path[..path.LastIndexOf('/')] : System.IO.Path.GetDirectoryName(Canonical(path)) ?? path;

    private static bool IsUrl(string path) => LocalPath.SchemeOf(path) is not null;
}
