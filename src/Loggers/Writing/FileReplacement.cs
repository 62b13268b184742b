namespace Fulgurite.Loggers;

/// <summary>Replaces files atomically: readers see the old file or the new one.</summary>
internal static class FileReplacement
{
    /// <summary>Replaces a file. If that fails, the old one is unchanged.</summary>
    /// <param name="path">The file.</param>
    /// <param name="write">Writes the content.</param>
    /// <param name="beforeMove">Closes the old file, as Windows requires; null for nothing.</param>
    public static void Write(string path, Action<Stream> write, Action? beforeMove = null)
    {
        var temporary = path + ".tmp";
        try
        {
            using (var file = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.Read | FileShare.Delete))
            {
                write(file);
            }

            beforeMove?.Invoke();
            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            Remove(temporary);
            throw;
        }
    }

    private static void Remove(string temporary)
    {
        try
        {
            // On a full disk a partial file would waste space.
            File.Delete(temporary);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The first exception is thrown.
        }
    }
}
