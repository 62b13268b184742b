using Microsoft.Win32.SafeHandles;

namespace Fulgurite.IO;

/// <summary>Converts file system errors to exceptions with the path, the remedy, and whether a retry can help.</summary>
internal static class StorageErrors
{
    private const int WindowsDiskFull = unchecked((int)0x80070070);

    /// <summary>Returns the exception for the caller.</summary>
    /// <param name="exception">The exception of the file system.</param>
    /// <param name="path">The path specified by the caller.</param>
    /// <param name="verb">The failed operation: <c>saved</c>, <c>read</c>.</param>
    public static CheckpointException Describe(Exception exception, string path, string verb)
    {
        if (exception is FileNotFoundException or DirectoryNotFoundException && verb == "read")
        {
            return new CheckpointNotFoundException(
                path, Path.IsPathFullyQualified(path) ? null : $"The path is relative to '{Directory.GetCurrentDirectory()}'.");
        }

        if (exception is DirectorySyncException { InnerException: { } cause })
        {
            var (why, _, _) = Explain(Number(cause), cause);
            return new CheckpointException(
                $"The checkpoint '{path}' is in place, but its directory could not be synced: {why}. It may not survive a power cut. "
                    + "Save again, and check the disk (see dmesg).",
                path,
                exception)
            { IsTransient = true, IsInPlace = true };
        }

        var (found, remedy, isTransient) = Explain(Number(exception), exception);
        return new CheckpointException(
            $"The checkpoint '{path}' could not be {verb}: {found}. {remedy}", path, exception)
        { IsTransient = isTransient };
    }

    /// <summary>Returns the exception for a folder that was probed before saving.</summary>
    /// <param name="exception">The failure.</param>
    /// <param name="directory">The folder specified by the caller.</param>
    public static CheckpointException DescribeProbe(CheckpointException exception, string directory)
    {
        var (found, remedy, isTransient) = exception.InnerException is { } cause
            ? Explain(Number(cause), cause)
            : (exception.Message, string.Empty, exception.IsTransient);
        return new CheckpointException(
            $"No checkpoint can be saved in the folder '{directory}': {found}. "
                + $"The user '{Environment.UserName}' needs permission to create, rename and delete files there. {remedy}",
            directory,
            exception.InnerException ?? exception)
        { IsTransient = isTransient };
    }

    /// <summary>Returns the error number of the operating system.</summary>
    public static int Number(Exception exception) => exception switch
    {
        UnauthorizedAccessException { InnerException: IOException inner } => inner.HResult,
        PathTooLongException => 36,
        _ => exception.HResult,
    };

    private static (string Found, string Remedy, bool IsTransient) Explain(int number, Exception exception) => number switch
    {
        28 or WindowsDiskFull => (
            "no space is left on the device", "Free some space, keep fewer checkpoints (SaveTopK) or save to another disk.", true),
        122 => ("the disk quota is used up", "Free some space, keep fewer checkpoints (SaveTopK) or save to another disk.", true),
        13 or 1 => ("permission is denied", "Give this user the right to write in that directory, or save to another one.", false),
        30 => ("the file system is read-only", "Save to another directory, or mount it read-write.", false),
        18 => (
            "the temporary file in the same directory is on another file system",
            "Save to a directory whose files can be renamed; a union file system or a mounted file does not allow it.", false),
        21 => ("the path is a directory", "Give the path of a file.", false),
        20 => ("a part of the path is a file, not a directory", "Give another path.", false),
        40 => ("the path contains a cycle of symbolic links", "Repair the links or give another path.", false),
        36 => ("the path is too long", "Give a shorter path.", false),
        27 => ("the file system does not support files of this size", "Save to another file system.", false),
        5 => ("the device reported an error", "Check the disk (see dmesg).", true),
        116 => ("the network file system lost the file", "Try again.", true),
        23 or 24 => ("too many files are open", "Close some, or raise the limit (ulimit -n).", true),
        _ => (
            exception.Message.TrimEnd('.'), "The previous file is unchanged.",
            exception is IOException and not (FileNotFoundException or DirectoryNotFoundException)),
    };
}

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
