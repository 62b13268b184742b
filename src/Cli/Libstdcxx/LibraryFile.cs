namespace Fulgurite.Cli;

/// <summary>
/// Replaces a library by writing a new file and renaming it. The old file is never modified: it may have hard links in the NuGet cache, and
/// processes may have it loaded. Concurrent runs write separate files, and the last rename wins.
/// </summary>
internal static class LibraryFile
{
    /// <summary>
    /// Replaces the library at a path. Mode and time are preserved, so that MSBuild does not copy the original over it again.
    /// </summary>
    public static void Replace(string path, byte[] bytes) => Write(path, bytes, path, Target(path).LastWriteTimeUtc);

    /// <summary>Writes a library with the mode of another file.</summary>
    public static void Write(string path, byte[] bytes, string modeOf, DateTime? time = null)
    {
        var temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            File.WriteAllBytes(temporary, bytes);
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(temporary, Target(modeOf).UnixFileMode);
            }

            if (time is not null)
            {
                File.SetLastWriteTimeUtc(temporary, time.Value);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    private static FileInfo Target(string path) => new FileInfo(path) is var file && file.ResolveLinkTarget(returnFinalTarget: true) is FileInfo target ? target : file;
}
