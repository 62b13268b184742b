using Microsoft.Extensions.Logging;

namespace Fulgurite;

/// <summary>Finds the intact checkpoint with the latest position.</summary>
/// <param name="io">The IO that reads the checkpoints.</param>
/// <param name="logger">The logger for corrupt checkpoints.</param>
public sealed partial class NewestCheckpoint(CheckpointIO io, ILogger logger)
{
    /// <summary>How often to look for files that another run removes before they are read.</summary>
    internal const int MaxAttempts = 10;

    private CheckpointCorruptException? _damaged;
    private string? _removed;

    // Beside a dangling link every listing misses a file: the checkpoint that was found is not read completely each time.
    private CheckpointEntry? _whole;

    /// <summary>Returns the entries of a directory with selected names.</summary>
    public IReadOnlyList<CheckpointEntry> List(string directory, Func<string, bool> wanted) =>
        io.ListAsync(directory, wanted, CancellationToken.None).ToBlockingEnumerable().ToList();

    /// <summary>Returns the entry of a path, even if the storage cannot list; null if there is no checkpoint.</summary>
    public CheckpointEntry? Describe(string path)
    {
        var name = path[(path.LastIndexOfAny(['/', Path.DirectorySeparatorChar]) + 1)..];
        var folder = path[..^name.Length].TrimEnd('/', Path.DirectorySeparatorChar);
        folder = folder.Length == 0 ? (path.Length > name.Length ? path[..1] : ".") : folder;
        if (List(folder, found => string.Equals(found, name, StringComparison.Ordinal)) is [var entry, ..])
        {
            return entry with { Path = path };
        }

        return io.ExistsAsync(path, CancellationToken.None).GetAwaiter().GetResult()
            ? io.DescribeAsync(new CheckpointEntry(path, Length: null, Time: null), CancellationToken.None).GetAwaiter().GetResult()
            : null;
    }

    /// <summary>
    /// Returns the path of the first entry of <see cref="InOrder"/> with valid checksums; null if there are no files. If another run
    /// removes files before they are read, the files are listed again, up to ten times.
    /// </summary>
    /// <param name="list">Lists the entries; see <see cref="List"/>.</param>
    /// <exception cref="CheckpointCorruptException">There are files, and all of them are corrupt.</exception>
    /// <exception cref="CheckpointNotFoundException">All files were removed before they were read, each time.</exception>
    /// <exception cref="CheckpointException">A possibly intact file cannot be read. Resuming from an older one could lose it.</exception>
    public string? Pick(Func<IEnumerable<CheckpointEntry>> list)
    {
        ArgumentNullException.ThrowIfNull(list);
        string? path;
        var attempts = 0;
        _whole = null;
        do
        {
            (_damaged, _removed) = (null, null);
            path = InOrder(list()).FirstOrDefault(IsWhole)?.Path;
        }
        while (_removed is not null && ++attempts < MaxAttempts);

        return path ?? (_removed is not null ? throw RemovedTooFast(_removed) : _damaged is not null ? throw _damaged : null);
    }

    /// <summary>Returns the error of files that another run removes before they are read, however often they are listed.</summary>
    internal static CheckpointNotFoundException RemovedTooFast(string path) =>
        new(
            path,
            $"It was found, and another run removed it before it was read, {MaxAttempts} times in a row. Try again, "
                + "or specify another path.");

    /// <summary>
    /// Returns the entries that are not known to be corrupt, latest position first, ties by time and then in the given order.
    /// </summary>
    /// <exception cref="CheckpointException">A possibly intact file cannot be read.</exception>
    public IEnumerable<CheckpointEntry> InOrder(IEnumerable<CheckpointEntry> entries) =>
        entries.Where(IsReadable).ToList()
            .OrderByDescending(entry => entry.Position is not null)
            .ThenByDescending(entry => entry.Position ?? default)
            .ThenByDescending(entry => entry.Time ?? DateTimeOffset.MinValue);

    private bool IsReadable(CheckpointEntry entry)
    {
        switch (entry)
        {
            case { Length: 0 }:
                Skip(
                    new CheckpointCorruptException(
                        $"The checkpoint '{entry.Path}' is empty. Remove it, or replace it with a copy.", entry.Path),
                    "It is empty.");
                return false;
            case { Failure: CheckpointCorruptException corrupt }:
                Skip(corrupt, corrupt.Message);
                return false;
            case { Failure: null }:
                return true;
            case { Failure: CheckpointNotFoundException }:
                _removed = entry.Path;
                return false;
            default:
                throw entry.Failure;
        }
    }

    private bool IsWhole(CheckpointEntry entry)
    {
        if (_whole is { Time: not null } whole && (whole.Path, whole.Length, whole.Time) == (entry.Path, entry.Length, entry.Time))
        {
            return true;
        }

        try
        {
            io.VerifyAsync(entry.Path, CancellationToken.None).GetAwaiter().GetResult();
            _whole = entry;
            return true;
        }
        catch (CheckpointCorruptException exception)
        {
            Skip(exception, exception.Message);
            return false;
        }
        catch (CheckpointNotFoundException)
        {
            _removed = entry.Path;
            return false;
        }
    }

    private void Skip(CheckpointCorruptException damaged, string reason)
    {
        _damaged ??= damaged;
        LogDamaged(logger, damaged.Path!, reason);
    }

    [LoggerMessage(
        1012, LogLevel.Warning,
        "The checkpoint {Path} is corrupt and is skipped in favor of an older one, if any. Remove it, or replace it with a copy. {Reason}")]
    private static partial void LogDamaged(ILogger logger, string path, string reason);
}
