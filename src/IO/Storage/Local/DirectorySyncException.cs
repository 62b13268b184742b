using Microsoft.Win32.SafeHandles;

namespace Fulgurite.IO;

/// <summary>
/// The exception for a directory that could not be synced after a rename: the file is in place but may not survive a power cut.
/// </summary>
internal sealed class DirectorySyncException(Exception cause) : IOException(cause.Message, cause)
{
    /// <summary>Syncs a directory after a rename.</summary>
    /// <exception cref="DirectorySyncException">The directory could not be synced.</exception>
    public static void Sync(FileCalls calls, SafeFileHandle? directory)
    {
        try
        {
            calls.SyncDirectory(directory);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new DirectorySyncException(exception);
        }
    }
}
