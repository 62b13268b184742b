using Microsoft.Win32.SafeHandles;

namespace Fulgurite.IO.Storage.Local;

/// <summary>A temporary file beside its target that becomes the target when it is published, and vanishes otherwise.</summary>
internal sealed class LocalFileTarget : IContentTarget, IDisposable
{
    private const int InvalidArgument = 22;

    private readonly string _temporary;
    private readonly SafeFileHandle _file;
    private readonly bool _isDirect;
    private bool _isPublished;

    public LocalFileTarget(string directory, long length, bool direct)
    {
        _temporary = TemporaryFile.NextIn(directory);
        Alignment = 1;
        if (direct && OperatingSystem.IsLinux() && LinuxFile.CreateDirect(_temporary) is { } file)
        {
            _file = file;
            _isDirect = true;
            Alignment = AlignedBuffer.PageSize;
        }
        else
        {
            var reservedAtOnce = OperatingSystem.IsLinux() ? 0 : length;
            _file = File.OpenHandle(_temporary, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read | FileShare.Delete, FileOptions.None, reservedAtOnce);
        }

        try
        {
            if (OperatingSystem.IsLinux())
            {
                LinuxFile.Reserve(_file, length);
            }
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
            RandomAccess.Write(_file, bytes, offset);
        }
        catch (Exception exception) when (_isDirect && OperatingSystem.IsLinux() && IsRefusal(exception))
        {
            // A file system may open a file for direct IO and still refuse the writes: of several threads, to each of them.
            LinuxFile.EndDirect(_file);
            RandomAccess.Write(_file, bytes, offset);
        }
    }

    /// <summary>Makes the file durable under its name.</summary>
    public void Publish(string path, long length)
    {
        StorageTelemetry.Run("sync", () => Sync(length));
        StorageTelemetry.Run("commit", () => Rename(path));
    }

    public void Dispose()
    {
        _file.Dispose();
        if (!_isPublished)
        {
            File.Delete(_temporary);
        }
    }

    private void Sync(long length)
    {
        if (RandomAccess.GetLength(_file) != length)
        {
            RandomAccess.SetLength(_file, length);
        }

        RandomAccess.FlushToDisk(_file);
    }

    private void Rename(string path)
    {
        if (!OperatingSystem.IsWindows())
        {
            // The name comes last: until here a reader meets the old file, from here on the new one, whole and on disk.
            File.Move(_temporary, path, overwrite: true);
            _isPublished = true;
            _file.Dispose();
        }
        else
        {
            _file.Dispose();
            File.Move(_temporary, path, overwrite: true);
            _isPublished = true;
        }

        LocalDirectory.Sync(Path.GetDirectoryName(path)!);
    }

    private static bool IsRefusal(Exception exception) =>
        exception.HResult == InvalidArgument || exception.InnerException?.HResult == InvalidArgument;
}
