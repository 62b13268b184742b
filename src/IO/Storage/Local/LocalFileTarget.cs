using Microsoft.Win32.SafeHandles;

namespace Fulgurite.IO;

/// <summary>A temporary file in the directory of its target. Publishing renames it to the target; otherwise, it is deleted.</summary>
internal sealed class LocalFileTarget : IContentTarget, IDisposable
{
    private const int InvalidArgument = 22;

    private readonly FileCalls _calls;
    private readonly string _path;
    private readonly string _temporary;
    private readonly SafeFileHandle? _directory;
    private readonly SafeFileHandle _file;
    private readonly bool _isDirect;
    private bool _isPublished;

    /// <param name="calls">The calls of the file system.</param>
    /// <param name="path">The path of the target, links resolved.</param>
    /// <param name="length">The expected length; zero if it is unknown.</param>
    /// <param name="direct">Whether to use direct IO if possible.</param>
    public LocalFileTarget(FileCalls calls, string path, long length, bool direct)
    {
        var directory = Path.GetDirectoryName(path)!;
        _calls = calls;
        _path = path;
        _temporary = TemporaryFile.NextIn(directory);
        Alignment = 1;

        // Opened before anything is written, so that a directory that cannot be opened is reported while the old file is still in place.
        _directory = calls.OpenDirectory(directory);
        try
        {
            if (direct && calls.CreateDirect(_temporary) is { } file)
            {
                _file = file;
                _isDirect = true;
                Alignment = AlignedBuffer.PageSize;
            }
            else
            {
                _file = calls.Create(_temporary, length);
            }

            calls.Reserve(_file, length);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public int Alignment { get; }

    public void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        try
        {
            _calls.Write(_file, bytes, offset);
        }
        catch (Exception exception) when (_isDirect && OperatingSystem.IsLinux() && IsRefusal(exception))
        {
            // A file system may open a file for direct IO and still reject the writes, those of each thread.
            LinuxFile.EndDirect(_file);
            _calls.Write(_file, bytes, offset);
        }
    }

    /// <summary>Makes the file durable and publishes it under its name.</summary>
    /// <exception cref="DirectorySyncException">The file is published, but the directory could not be synced.</exception>
    public void Publish(long length)
    {
        StorageTelemetry.Run("sync", () => Sync(length));
        StorageTelemetry.Run("commit", Rename);
    }

    public void Dispose()
    {
        _directory?.Dispose();
        _file?.Dispose();
        if (!_isPublished)
        {
            TemporaryFile.Discard(_calls, _temporary);
        }
    }

    // Not repeatable: if it fails, the file is discarded, since a second fsync could succeed although the content is lost.
    private void Sync(long length)
    {
        if (RandomAccess.GetLength(_file) != length)
        {
            _calls.Truncate(_file, length);
        }

        _calls.Sync(_file);
    }

    private void Rename()
    {
        if (OperatingSystem.IsWindows())
        {
            _file.Dispose();
        }

        // The rename comes last: readers see the old file before it, and the complete, durable new file after it.
        _calls.Rename(_temporary, _path);
        _isPublished = true;
        _file.Dispose();
        DirectorySyncException.Sync(_calls, _directory);
    }

    private static bool IsRefusal(Exception exception) =>
        exception.HResult == InvalidArgument || exception.InnerException?.HResult == InvalidArgument;
}
