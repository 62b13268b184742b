using Microsoft.Extensions.Logging;

namespace Fulgurite.Loggers.Writing;

/// <summary>What loggers that write files say.</summary>
internal static partial class FileLoggerLog
{
    [LoggerMessage(2000, LogLevel.Error, "Metrics could not be written to '{Path}'; training goes on without. There has to be room, and the user '{User}' needs the right to write in the folder '{Folder}'.")]
    public static partial void Failure(ILogger logger, Exception exception, string? path, string user, string? folder);

    [LoggerMessage(2001, LogLevel.Error, "'{Path}' is written more slowly than metrics are logged, and some are left out. Log less often, or to a faster disk.")]
    public static partial void Overflow(ILogger logger, string? path);

    [LoggerMessage(2003, LogLevel.Warning, "Another run that is under way goes on with '{Path}'; this one writes a file of its own.")]
    public static partial void Shared(ILogger logger, string path);

    [LoggerMessage(2002, LogLevel.Warning, "'{Path}' was not complete {Seconds} s after the run; it is left to be written in the background.")]
    public static partial void Slow(ILogger logger, string? path, double seconds);
}
