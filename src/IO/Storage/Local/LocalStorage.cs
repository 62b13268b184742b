using System.Collections.Concurrent;

namespace Fulgurite.IO.Storage.Local;

/// <summary>
/// Files of the local file system. A file is written under a temporary name beside its target, synced, renamed over the target, and the
/// directory is synced; a reader meets only the old file or the new one, and a crash loses neither.
/// </summary>
/// <remarks>
/// Files get the permissions that the umask leaves, are never staged in <c>$TMPDIR</c>, and large ones are written past the page cache. A
/// symbolic link is followed: the file that it points to is replaced. Missing directories are made. What a dead process left unfinished in
/// a directory is removed when that directory is first written to.
/// </remarks>
public sealed class LocalStorage : IStorage
{
    private readonly LocalStorageOptions _options;
    private readonly ConcurrentDictionary<string, bool> _swept = new(StringComparer.Ordinal);

    /// <summary>Makes a storage.</summary>
    /// <param name="options">How it writes and reads; null for the defaults.</param>
    public LocalStorage(LocalStorageOptions? options = null) => _options = options ?? new LocalStorageOptions();

    /// <inheritdoc/>
    public void Write(string path, FileContent content, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(content);
        var direct = _options.DirectIO && content.Length >= _options.DirectIOThreshold;
        Publish(path, content.Length, direct, file => content.WriteTo(file, _options.Concurrency, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public StorageReader Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            ThrowIfDirectory(path, path, "read");
            return new LocalReader(path, File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete), _options.Concurrency);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw StorageErrors.Describe(exception, path, "read");
        }
    }

    /// <inheritdoc/>
    public bool Exists(string path) => File.Exists(path);

    /// <inheritdoc/>
    public void Delete(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            ThrowIfDirectory(path, path, "removed");
            var full = Path.GetFullPath(path);
            if (!File.Exists(full) && new FileInfo(full).LinkTarget is null)
            {
                return;
            }

            File.Delete(full);
            LocalDirectory.Sync(Path.GetDirectoryName(full)!);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw StorageErrors.Describe(exception, path, "removed");
        }
    }

    /// <inheritdoc/>
    public bool TryLink(string existing, string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(existing);
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            var target = Prepare(path);
            var temporary = TemporaryFile.NextIn(Path.GetDirectoryName(target)!);
            if (!OperatingSystem.IsLinux() || !File.Exists(existing) || !LinuxFile.TryLink(LocalDirectory.Resolve(existing), temporary))
            {
                return false;
            }

            try
            {
                File.Move(temporary, target, overwrite: true);
            }
            finally
            {
                // Renaming one name of a file over another name of the same file does nothing and succeeds; the temporary name then stays.
                File.Delete(temporary);
            }

            LocalDirectory.Sync(Path.GetDirectoryName(target)!);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw StorageErrors.Describe(exception, path, "saved");
        }
    }

    /// <inheritdoc/>
    public long? GetAvailableBytes(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            var directory = Path.GetDirectoryName(LocalDirectory.Resolve(path));
            while (directory is not null && !Directory.Exists(directory))
            {
                directory = Path.GetDirectoryName(directory);
            }

            return directory is null ? null : new DriveInfo(directory).AvailableFreeSpace;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }

    private void Publish(string path, long length, bool direct, Action<LocalFileTarget> write, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            var target = Prepare(path);
            using var file = new LocalFileTarget(Path.GetDirectoryName(target)!, length, direct);
            write(file);
            cancellationToken.ThrowIfCancellationRequested();
            file.Publish(target, length);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw StorageErrors.Describe(exception, path, "saved");
        }
    }

    private string Prepare(string path)
    {
        var target = LocalDirectory.Resolve(path);
        ThrowIfDirectory(target, path, "saved");
        var directory = Path.GetDirectoryName(target)!;
        LocalDirectory.Create(directory);
        if (_swept.TryAdd(directory, true))
        {
            TemporaryFile.Sweep(directory);
        }

        return target;
    }

    private static void ThrowIfDirectory(string target, string path, string verb)
    {
        const int isDirectory = 21;
        if (Directory.Exists(target) || Path.EndsInDirectorySeparator(path))
        {
            throw StorageErrors.Describe(new IOException("Is a directory", isDirectory), path, verb);
        }

        // A rename would take the place of a device, which is a pity for /dev/null; reading a pipe would wait for ever.
        if (OperatingSystem.IsLinux() && LinuxFile.IsSpecial(target))
        {
            throw StorageErrors.Describe(new IOException("There is a device or a pipe in its place"), path, verb);
        }
    }
}
