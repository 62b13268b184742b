using System.Text;
using Fulgurite.Loggers;

namespace Fulgurite.Cli;

/// <summary>
/// A run that is followed by its log. A JSON Lines file is read from where the last reading ended; a table, whose last row is rewritten
/// until it is complete, is read again. A resumed run replaces its file, which is noticed by its time of creation.
/// </summary>
internal sealed class LoggedRun
{
    private const int HeadLength = 64;

    private (DateTime Created, DateTime Written, long Length) _seen;
    private JsonLinesLog _log = new();
    private long _position;

    private LoggedRun(string id, string path, bool isTable) => (Id, Path, IsTable, Report) = (id, path, isTable, new RunReport());

    /// <summary>Gets the name of the run: its folder, relative to the one that was searched.</summary>
    public string Id { get; }

    public string Path { get; }

    /// <summary>Gets a value indicating whether the log is a CSV file, which has metrics only.</summary>
    public bool IsTable { get; }

    /// <summary>Gets what was read; another object after the file was read from its start.</summary>
    public RunReport Report { get; private set; }

    /// <summary>Gets the number of readings that found something new.</summary>
    public long Version { get; private set; }

    /// <summary>Returns the run of a log; null if the file is something else, such as a table of data.</summary>
    public static LoggedRun? TryOpen(string id, string path)
    {
        try
        {
            var bytes = new byte[HeadLength];
            using var file = OpenShared(path);
            var head = Encoding.UTF8.GetString(bytes, 0, file.ReadAtLeast(bytes, HeadLength, throwOnEndOfStream: false));
            var isTable = head.StartsWith("step,epoch,time", StringComparison.Ordinal);
            return isTable || head.StartsWith("{\"event\":", StringComparison.Ordinal) ? new LoggedRun(id, path, isTable) : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>
    /// Reads what was written since the last call. A file that is replaced or removed meanwhile is read by the next call.
    /// </summary>
    public void Refresh()
    {
        try
        {
            Read();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            _seen = default;
        }
    }

    private void Read()
    {
        var info = new FileInfo(Path);
        if (!info.Exists)
        {
            return; // A resumed run is just replacing it, or it was deleted.
        }

        var now = (info.CreationTimeUtc, info.LastWriteTimeUtc, info.Length);
        if (now == _seen)
        {
            return;
        }

        if (IsTable || now.CreationTimeUtc != _seen.Created || now.Length < _position)
        {
            (Report, _log, _position) = (new RunReport { Title = Id }, new JsonLinesLog(), 0);
        }

        _seen = now;
        using var file = OpenShared(Path);
        if (IsTable)
        {
            CsvLog.Read(new StreamReader(file), Report);
        }
        else
        {
            file.Position = _position;
            _position += _log.Read(file, Report);
        }

        if (Report.Updated == default)
        {
            Report.Updated = new DateTimeOffset(now.LastWriteTimeUtc);
        }

        Version++;
    }

    private static FileStream OpenShared(string path) => new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
}
