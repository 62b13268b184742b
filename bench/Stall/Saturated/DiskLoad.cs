using System.Diagnostics;
using Fulgurite.Bench.Files;

namespace Fulgurite.Bench.Stall.Saturated;

/// <summary>Writes to a disk as much as it takes, past the page cache, until it is disposed.</summary>
internal sealed class DiskLoad : IDisposable
{
    private const long FileBytes = 256L << 20;

    private readonly RawFile _file = new(FileBytes, threads: 4, hugePages: true);
    private readonly string _path;
    private readonly Thread _thread;
    private readonly long _begun = Stopwatch.GetTimestamp();
    private volatile bool _isOver;
    private long _files;

    /// <summary>Begins.</summary>
    /// <param name="directory">A folder on the disk.</param>
    public DiskLoad(string directory)
    {
        _path = Path.Combine(directory, "load.bin");
        _thread = new Thread(Run) { IsBackground = true, Name = "disk load" };
        _thread.Start();
    }

    /// <summary>What it has written so far, in GB a second.</summary>
    public double Rate => Interlocked.Read(ref _files) * FileBytes / 1e9 / Stopwatch.GetElapsedTime(_begun).TotalSeconds;

    public void Dispose()
    {
        _isOver = true;
        _thread.Join();
        _file.Dispose();
    }

    private void Run()
    {
        while (!_isOver)
        {
            File.Delete(_path);
            _file.Write(_path);
            Interlocked.Increment(ref _files);
        }
    }
}
