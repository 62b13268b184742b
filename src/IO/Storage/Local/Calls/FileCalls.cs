using Microsoft.Win32.SafeHandles;

namespace Fulgurite.IO;

/// <summary>
/// The file system calls that crash safety depends on. No other class in the project makes such calls, so that tests can record each call
/// and make it fail.
/// </summary>
/// <remarks>
/// The base class library is not sufficient: <c>RandomAccess.FlushToDisk</c> and <c>FileStream.Flush(true)</c> ignore fsync errors, and
/// <c>File.Move</c> copies without fsync if a rename is not possible.
/// </remarks>
internal class FileCalls
{
    /// <summary>Gets the calls of this operating system, or their replacements if <see cref="NativeCalls"/> disables them.</summary>
    public static FileCalls Native { get; } = NativeCalls.AreEnabled ? new FileCalls() : new ManagedFileCalls();

    /// <summary>Creates a directory in an existing one.</summary>
    public virtual void CreateDirectory(string path) => Directory.CreateDirectory(path);

    /// <summary>Removes an empty directory.</summary>
    public virtual void RemoveDirectory(string path) => Directory.Delete(path);

    /// <summary>Opens a directory for <see cref="SyncDirectory"/>; returns null where the system does not sync directories.</summary>
    public virtual SafeFileHandle? OpenDirectory(string path) => OperatingSystem.IsWindows() ? null : UnixFile.OpenDirectory(path);

    /// <summary>Creates a file that does not exist yet.</summary>
    /// <param name="path">The path of the file.</param>
    /// <param name="length">The length to reserve on Windows, in bytes.</param>
    public virtual SafeFileHandle Create(string path, long length) =>
        File.OpenHandle(
            path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read | FileShare.Delete, FileOptions.None,
            OperatingSystem.IsWindows() ? length : 0);

    /// <summary>Creates a file that is written past the page cache; returns null where the file system does not support that.</summary>
    public virtual SafeFileHandle? CreateDirect(string path) => OperatingSystem.IsLinux() ? LinuxFile.CreateDirect(path) : null;

    /// <summary>
    /// Reserves space, so that a full disk is reported before anything is written. Does nothing where the file system cannot.
    /// </summary>
    public virtual void Reserve(SafeFileHandle file, long length)
    {
        if (OperatingSystem.IsLinux())
        {
            LinuxFile.Reserve(file, length);
        }
    }

    /// <summary>Writes all of the bytes.</summary>
    public virtual void Write(SafeFileHandle file, ReadOnlySpan<byte> bytes, long offset)
    {
        try
        {
            RandomAccess.Write(file, bytes, offset);
        }
        catch (ArgumentOutOfRangeException exception) when (offset >= 0)
        {
            throw TooBig(exception);
        }
    }

    /// <summary>Sets the length of a file.</summary>
    public virtual void Truncate(SafeFileHandle file, long length)
    {
        try
        {
            RandomAccess.SetLength(file, length);
        }
        catch (ArgumentOutOfRangeException exception) when (length >= 0)
        {
            throw TooBig(exception);
        }
    }

    /// <summary>
    /// Makes the content of a file durable. After a failure the operating system may have dropped the content from its cache, and a second
    /// call would succeed without having written it: write the file anew instead.
    /// </summary>
    public virtual void Sync(SafeFileHandle file)
    {
        if (OperatingSystem.IsWindows())
        {
            WindowsFile.Sync(file);
        }
        else
        {
            UnixFile.Sync(file);
        }
    }

    /// <summary>Replaces a file atomically by another one of the same file system. Fails if that would need a copy.</summary>
    public virtual void Rename(string path, string target)
    {
        if (OperatingSystem.IsWindows())
        {
            WindowsFile.Rename(path, target);
        }
        else
        {
            UnixFile.Rename(path, target);
        }
    }

    /// <summary>
    /// Creates a hard link; returns false if links are not supported, the file systems differ, or the file does not exist.
    /// </summary>
    public virtual bool TryLink(string existing, string path) => OperatingSystem.IsLinux() && LinuxFile.TryLink(existing, path);

    /// <summary>Makes the names in a directory durable. Does nothing where the file system does not sync directories.</summary>
    public virtual void SyncDirectory(SafeFileHandle? directory)
    {
        if (directory is not null && !OperatingSystem.IsWindows())
        {
            UnixFile.SyncDirectory(directory);
        }
    }

    /// <summary>Removes a file; does nothing if there is none.</summary>
    public virtual void Delete(string path) => File.Delete(path);

    // The base library takes EFBIG, of a file system or of ulimit -f, for a wrong argument.
    private static IOException TooBig(ArgumentOutOfRangeException exception)
    {
        const int fileTooBig = 27;
        return new IOException(exception.Message, exception) { HResult = fileTooBig };
    }
}
