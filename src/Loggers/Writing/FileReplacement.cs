namespace Fulgurite.Loggers;

/// <summary>Writes a file anew beside the old one, which it then takes the place of: nobody meets half of it.</summary>
internal static class FileReplacement
{
    /// <summary>Replaces a file. Where that fails the old one is as it was.</summary>
    /// <param name="path">The file.</param>
    /// <param name="write">Writes the new one.</param>
    /// <param name="beforeMove">Closes the old one, which Windows asks for; null for nothing.</param>
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
            // Where the disk is full, half a file would take up room for nothing.
            File.Delete(temporary);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // What went wrong first is what counts.
        }
    }
}
