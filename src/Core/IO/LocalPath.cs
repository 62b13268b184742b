using System.Text.RegularExpressions;

namespace Fulgurite.IO;

/// <summary>Tells paths of this machine from URLs of other storage.</summary>
internal static partial class LocalPath
{
    /// <summary>The scheme of a URL, such as <c>s3</c>; null for a path of this machine, be it written as <c>file://</c>.</summary>
    public static string? SchemeOf(string path) =>
        Url().Match(path) is { Success: true } match && !IsFile(path) ? match.Groups["scheme"].Value : null;

    /// <summary>A path without <c>file://</c>; any other as it is.</summary>
    /// <exception cref="CheckpointException">It is a <c>file://</c> of another machine.</exception>
    public static string Plain(string path)
    {
        if (!IsFile(path))
        {
            return path;
        }

        var rest = path["file://".Length..];
        rest = rest.StartsWith("localhost/", StringComparison.OrdinalIgnoreCase) ? rest["localhost".Length..] : rest;
        return rest.StartsWith('/')
            ? Uri.UnescapeDataString(OperatingSystem.IsWindows() ? rest.TrimStart('/') : rest)
            : throw new CheckpointException($"'{path}' names a machine. Write file:/// and then the path from the root, as in file:///home/me/run.", path);
    }

    /// <summary>A path of this machine.</summary>
    /// <exception cref="CheckpointException">It is a URL, which local files know nothing of.</exception>
    public static string Of(string path) => SchemeOf(path) is { } scheme
        ? throw new CheckpointException(
            $"There is no CheckpointIO for {scheme}: '{path}' is a URL, and checkpoints are saved to files of this machine. Add a CheckpointIO that knows {scheme}, or give a folder of this machine.", path)
        : Plain(path);

    private static bool IsFile(string path) => path.StartsWith("file://", StringComparison.OrdinalIgnoreCase);

    [GeneratedRegex("^(?<scheme>[A-Za-z][A-Za-z0-9+.-]*)://", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Url();
}
