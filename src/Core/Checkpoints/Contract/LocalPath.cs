using System.Text.RegularExpressions;

namespace Fulgurite;

/// <summary>Distinguishes local paths from URLs of other storage.</summary>
public static partial class LocalPath
{
    /// <summary>Returns the scheme of a URL, such as <c>s3</c>; null for a local path, including <c>file://</c>.</summary>
    public static string? SchemeOf(string path) =>
        Url().Match(path) is { Success: true } match && !IsFile(path) ? match.Groups["scheme"].Value : null;

    /// <summary>Removes <c>file://</c> from a path, and expands <c>~</c> at its start to the home folder.</summary>
    /// <exception cref="CheckpointException">The path is a <c>file://</c> URL with another host.</exception>
    public static string Plain(string path)
    {
        if (!IsFile(path))
        {
            return IsInHome(path) ? Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) + path[1..] : path;
        }

        var rest = path["file://".Length..];
        rest = rest.StartsWith("localhost/", StringComparison.OrdinalIgnoreCase) ? rest["localhost".Length..] : rest;
        return rest.StartsWith('/')
            ? Uri.UnescapeDataString(OperatingSystem.IsWindows() ? rest.TrimStart('/') : rest)
            : throw new CheckpointException(
                $"'{path}' contains a host name. Use file:/// and an absolute path, as in file:///home/me/run.", path);
    }

    /// <summary>Returns a local path.</summary>
    /// <exception cref="CheckpointException">The path is a URL of another storage.</exception>
    public static string Of(string path) => SchemeOf(path) is { } scheme
        ? throw new CheckpointException(
            $"There is no storage for {scheme}: '{path.Split('?')[0]}' is a URL, but this trainer stores local files. "
                + $"{Remedy(scheme)}, or use a local directory.",
            path.Split('?')[0])
        : Plain(path);

    private static string Remedy(string scheme) => scheme.ToLowerInvariant() switch
    {
        "s3" => "Add the package Fulgurite.Storage.S3 and call AddS3Storage() of the trainer's builder",
        "http" or "https" => "For Azure Blob Storage, add the package Fulgurite.Storage.AzureBlobs and call AddAzureBlobStorage() of the "
            + "trainer's builder",
        _ => $"Add an IUrlStorage for {scheme} with AddUrlStorage() of the trainer's builder",
    };

    private static bool IsInHome(string path) =>
        path.StartsWith('~') && (path.Length == 1 || path[1] == '/' || path[1] == Path.DirectorySeparatorChar);

    private static bool IsFile(string path) => path.StartsWith("file://", StringComparison.OrdinalIgnoreCase);

    [GeneratedRegex("^(?<scheme>[A-Za-z][A-Za-z0-9+.-]*)://", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Url();
}
