using System.Collections.Concurrent;

namespace Fulgurite.IO;

/// <summary>
/// Files of the local file system. A file is written under a temporary name beside its target, synced, renamed over the target, and the
/// directory is synced; a reader meets only the old file or the new one, and a crash loses neither. The result of every call is checked: a file
/// whose sync failed is removed and reported, and the next attempt writes it anew.
/// </summary>
/// <remarks>
/// Files get the permissions that the umask leaves, are never staged in <c>$TMPDIR</c>, and large ones are written past the page cache. A
/// symbolic link is followed: the file that it points to is replaced. Missing directories are made. What a dead process left unfinished in
/// a directory is removed when that directory is first written to.
/// </remarks>
public sealed class LocalStorage : IStorage
{
    private readonly LocalStorageOptions _options;
    private readonly FileCalls _calls;
    private readonly LocalDirectory _directories;
    private readonly ConcurrentDictionary<string, bool> _swept = new(StringComparer.Ordinal);

    /// <summary>Makes a storage.</summary>
    /// <param name="options">How it writes and reads; null for the defaults.</param>
    public LocalStorage(LocalStorageOptions? options = null)
        : this(options, FileCalls.Native)
    {
    }

    /// <summary>Makes a storage on other calls of the file system, for tests.</summary>
    internal LocalStorage(LocalStorageOptions? options, FileCalls calls)
    {
        _options = options ?? new LocalStorageOptions();
        _calls = calls;
        _directories = new LocalDirectory(calls);
    }

    /// <inheritdoc/>
    public long Write(string path, FileContent content, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(content);
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            using var file = Create(path, content.Length, direct: _options.DirectIO && content.Length >= _options.DirectIOThreshold);
            content.WriteTo(file, _options.Concurrency, cancellationToken);
            cancellationToken.ThrowIfCancellationRequested();
            file.Publish(content.Length);
            return content.Length;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw StorageErrors.Describe(exception, path, "saved");
        }
    }

    /// <summary>Writes a file by a stream, with the guarantees of the other overload: for formats that are not made of a <see cref="FileContent"/>.</summary>
    /// <param name="path">The path of the file.</param>
    /// <param name="write">Writes the content to a stream that can seek and cannot read. It need not flush or close it.</param>
    /// <param name="cancellationToken">Gives up before the file is published; the previous file is intact.</param>
    /// <returns>The length of the file, in bytes.</returns>
    /// <exception cref="CheckpointException">The file could not be written.</exception>
    public long Write(string path, Action<Stream> write, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(write);
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            using var file = Create(path, 0, direct: false);
            var length = LocalFileStream.Write(file, write);
            cancellationToken.ThrowIfCancellationRequested();
            file.Publish(length);
            return length;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw StorageErrors.Describe(exception, path, "saved");
        }
    }

    /// <inheritdoc/>
    public StorageReader Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        path = LocalPath.Of(path);
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
    public bool Exists(string path) => File.Exists(LocalPath.Plain(path));

    /// <inheritdoc/>
    public void Delete(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            path = LocalPath.Of(path);
            ThrowIfDirectory(path, path, "removed");
            var full = Path.GetFullPath(path);
            if (!File.Exists(full) && new FileInfo(full).LinkTarget is null)
            {
                return;
            }

            using var directory = _calls.OpenDirectory(Path.GetDirectoryName(full)!);
            _calls.Delete(full);
            _calls.SyncDirectory(directory);
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
            using var directory = _calls.OpenDirectory(Path.GetDirectoryName(target)!);
            if (!Exists(existing) || !_calls.TryLink(LocalDirectory.Resolve(existing), temporary))
            {
                return false;
            }

            try
            {
                _calls.Rename(temporary, target);
            }
            finally
            {
                // Renaming one name of a file over another name of the same file does nothing and succeeds; the temporary name then stays.
                TemporaryFile.Discard(_calls, temporary);
            }

            DirectorySyncException.Sync(_calls, directory);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw StorageErrors.Describe(exception, path, "saved");
        }
    }

    /// <inheritdoc/>
    public void Probe(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        var path = TemporaryFile.NextIn(LocalPath.Of(directory));
        try
        {
            var content = new FileContent();
            content.Add("fulgurite"u8.ToArray());
            Write(path, content, CancellationToken.None);
            Delete(path);
        }
        catch (CheckpointException exception)
        {
            throw StorageErrors.DescribeProbe(exception, directory);
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<CheckpointEntry> List(string directory) => LocalFiles.In(LocalPath.Of(directory));

    /// <inheritdoc/>
    public IDisposable? TryClaim(string path, bool mayBeThere)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (LocalPath.SchemeOf(path) is not null)
        {
            // The save that follows says that there is no such place.
            return NameClaims.Of(this).TryTake(path);
        }

        path = LocalPath.Plain(path);
        try
        {
            _directories.Prepare(Path.GetDirectoryName(Path.GetFullPath(path))!);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The save that follows says so.
        }

        return LocalClaim.TryTake(path, mayBeThere);
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
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or CheckpointException)
        {
            return null;
        }
    }

    private LocalFileTarget Create(string path, long length, bool direct) => new(_calls, Prepare(path), length, direct);

    private string Prepare(string path)
    {
        var target = LocalDirectory.Resolve(path);
        ThrowIfDirectory(target, path, "saved");
        var directory = Path.GetDirectoryName(target)!;
        _directories.Prepare(directory);
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
