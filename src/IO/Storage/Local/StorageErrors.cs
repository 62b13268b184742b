namespace Fulgurite.IO;

/// <summary>Says of a failure of the file system which path it concerns, what to do, and whether trying again can help.</summary>
internal static class StorageErrors
{
    private const int WindowsDiskFull = unchecked((int)0x80070070);

    /// <summary>Makes the exception that a caller sees.</summary>
    /// <param name="exception">What the file system said.</param>
    /// <param name="path">The path that the caller gave.</param>
    /// <param name="verb">What was being done: <c>saved</c>, <c>read</c>.</param>
    public static CheckpointException Describe(Exception exception, string path, string verb)
    {
        if (exception is FileNotFoundException or DirectoryNotFoundException && verb == "read")
        {
            return new CheckpointNotFoundException(path);
        }

        if (exception is DirectorySyncException { InnerException: { } cause })
        {
            var (why, _, _) = Explain(Number(cause), cause);
            return new CheckpointException(
                $"The checkpoint '{path}' is in place, and its directory could not be synced: {why}. It may not survive a power cut. Save again, and check the disk (dmesg says more).",
                path,
                exception)
            { IsTransient = true, IsInPlace = true };
        }

        var (found, remedy, isTransient) = Explain(Number(exception), exception);
        return new CheckpointException($"The checkpoint '{path}' could not be {verb}: {found}. {remedy}", path, exception) { IsTransient = isTransient };
    }

    /// <summary>Makes the exception of a folder that was tried before anything is saved there.</summary>
    /// <param name="exception">How it failed.</param>
    /// <param name="directory">The folder that the caller gave.</param>
    public static CheckpointException DescribeProbe(CheckpointException exception, string directory)
    {
        var (found, remedy, isTransient) = exception.InnerException is { } cause ? Explain(Number(cause), cause) : (exception.Message, string.Empty, exception.IsTransient);
        return new CheckpointException(
            $"No checkpoint can be saved in the folder '{directory}': {found}. The user '{Environment.UserName}' needs the right to write there: to make, rename and remove files. {remedy}",
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
        28 or WindowsDiskFull => ("no space is left on the device", "Free some space, keep fewer checkpoints (SaveTopK) or save to another disk.", true),
        122 => ("the disk quota is used up", "Free some space, keep fewer checkpoints (SaveTopK) or save to another disk.", true),
        13 or 1 => ("permission is denied", "Give this user the right to write in that directory, or save to another one.", false),
        30 => ("the file system is read-only", "Save to another directory, or mount it for writing.", false),
        18 => ("the temporary file beside it is on another file system", "Save to a directory whose files can be renamed; a union file system or a mounted file does not allow it.", false),
        21 => ("there is a directory in its place", "Give the path of a file.", false),
        20 => ("a part of the path is a file and not a directory", "Give another path.", false),
        40 => ("the path goes through symbolic links that lead in a circle", "Repair the links or give another path.", false),
        36 => ("the path is too long", "Give a shorter one.", false),
        27 => ("the file system does not hold files of this size", "Save to another file system.", false),
        5 => ("the device reported an error", "Check the disk (dmesg says more).", true),
        116 => ("the network file system lost the file", "Try again.", true),
        23 or 24 => ("too many files are open", "Close some, or raise the limit (ulimit -n).", true),
        _ => (exception.Message.TrimEnd('.'), "What was there before is unchanged.", exception is IOException and not (FileNotFoundException or DirectoryNotFoundException)),
    };
}
