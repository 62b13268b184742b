using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace Fulgurite;

/// <summary>
/// An empty hidden file next to a name. The process that holds its lock owns the name. The file alone has no meaning; files of processes
/// that have ended are reused or removed.
/// </summary>
internal sealed class ClaimFile : IDisposable
{
    private const string Prefix = ".fulgurite-";
    private const string Suffix = ".claim";

    private static readonly ConcurrentDictionary<string, bool> Swept = new(StringComparer.Ordinal);

    private readonly string _path;
    private readonly FileStream _lock;

    private ClaimFile(string path, FileStream locked) => (_path, _lock) = (path, locked);

    /// <summary>Locks the file of a name; returns null if another process holds the lock. Creates a missing directory.</summary>
    /// <exception cref="IOException">The file cannot be created.</exception>
    public static ClaimFile? TryLock(string name)
    {
        var folder = Path.GetDirectoryName(name)!;
        Directory.CreateDirectory(folder);
        if (Swept.TryAdd(folder, true))
        {
            Sweep(folder);
        }

        // A digest, because the name with a suffix may be too long for the file system.
        var digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Path.GetFileName(name))).AsSpan(0, 12));
        return Lock(Path.Combine(folder, Prefix + digest + Suffix));
    }

    /// <summary>Determines whether the lock excludes others. Some file systems have no locks and report no error.</summary>
    public bool Excludes() => IsLocked(_path);

    /// <summary>Determines whether a file cannot be opened because it is locked.</summary>
    internal static bool IsLocked(string path)
    {
        try
        {
            Open(path, FileMode.Open, FileOptions.None).Dispose();
            return false;
        }
        catch (IOException exception)
        {
            return IsLocked(exception);
        }
    }

    public void Dispose()
    {
        try
        {
            // Removed while locked, so that no other process's file is affected; Windows removes it on close.
            if (!OperatingSystem.IsWindows())
            {
                File.Delete(_path);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The file remains, unlocked, and does no harm.
        }

        _lock.Dispose();
    }

    private static ClaimFile? Lock(string path)
    {
        while (true)
        {
            FileStream file;
            try
            {
                file = Open(
                    path, FileMode.OpenOrCreate, OperatingSystem.IsWindows() ? FileOptions.DeleteOnClose : FileOptions.None);
            }
            catch (IOException exception) when (IsLocked(exception))
            {
                return null;
            }

            if (OperatingSystem.IsWindows() || IsStillAt(path, file))
            {
                return new ClaimFile(path, file);
            }

            // The owner removed it between open and lock; this lock is on an unlinked file.
            file.Dispose();
        }
    }

    private static FileStream Open(string path, FileMode mode, FileOptions options) =>
        new(path, mode, FileAccess.ReadWrite, FileShare.None, bufferSize: 0, options);

    /// <summary>Returns whether an open file is still the one at a path, identified by a unique timestamp.</summary>
    private static bool IsStillAt(string path, FileStream file)
    {
        File.SetLastWriteTimeUtc(file.SafeFileHandle, DateTime.UnixEpoch.AddSeconds(RandomNumberGenerator.GetInt32(int.MaxValue)));
        return File.GetLastWriteTimeUtc(file.SafeFileHandle) == File.GetLastWriteTimeUtc(path);
    }

    private static bool IsLocked(IOException exception)
    {
        const int windows = unchecked((int)0x80070020), linux = 11, apple = 35;
        return exception.HResult is windows or linux or apple;
    }

    /// <summary>Removes the files of ended processes from a directory: a file that can be locked has no owner.</summary>
    private static void Sweep(string folder)
    {
        try
        {
            foreach (var path in Directory.EnumerateFiles(folder, Prefix + "*" + Suffix))
            {
                Lock(path)?.Dispose();
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A failed cleanup is harmless.
        }
    }
}
