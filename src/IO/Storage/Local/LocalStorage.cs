using System.Collections.Concurrent;
using Fulgurite.Composition;

namespace Fulgurite.IO;

/// <summary>
/// Stores files in the local file system. A file is written under a temporary name in the target directory, synced and renamed; then the
/// directory is synced. Readers see either the old file or the new one, and a crash loses neither. The result of every call is checked: a
/// file whose sync fails is removed and reported, and the next attempt writes it again.
/// </summary>
/// <remarks>
/// Files get the permissions of the umask and are never staged in <c>$TMPDIR</c>. Large files are written with direct IO. Symbolic links
/// are followed: the target file is replaced. Missing directories are created. Temporary files of dead processes are removed at the first
/// write to a directory.
/// </remarks>
public sealed class LocalStorage : IStorage
{
    private readonly LocalStorageOptions _options;
    private readonly FileCalls _calls;
    private readonly LocalDirectory _directories;
    private readonly ConcurrentDictionary<string, bool> _swept = new(StringComparer.Ordinal);

    /// <summary>Initializes a storage on the local file system.</summary>
    /// <param name="options">The options; null for the defaults.</param>
    public LocalStorage(LocalStorageOptions? options = null)
        : this(options, FileCalls.Native)
    {
    }

    /// <summary>Initializes a storage with other file system calls, for tests.</summary>
    internal LocalStorage(LocalStorageOptions? options, FileCalls calls)
    {
        _options = CheckedOptions.OrDefault(options);
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

    /// <summary>
    /// Writes a file through a stream, with the same guarantees, for formats that do not use a <see cref="FileContent"/>.
    /// </summary>
    /// <param name="path">The path of the file.</param>
    /// <param name="write">Writes the content to a stream that can seek but not read. It need not flush or close the stream.</param>
    /// <param name="cancellationToken">
    /// A token to cancel the operation before the file is published; the previous file stays intact.
    /// </param>
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
            return new LocalReader(
                path, File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete), _options.Concurrency);
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
            if (!IsThere(full))
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
    public void Delete(IReadOnlyCollection<string> paths)
    {
        ArgumentNullException.ThrowIfNull(paths);
        CheckpointException? failure = null;
        var files = paths.Select(path => Path.GetFullPath(LocalPath.Of(path))).Where(IsThere);
        foreach (var folder in files.GroupBy(Path.GetDirectoryName, StringComparer.Ordinal))
        {
            Try(folder.Key!, () =>
            {
                using var directory = _calls.OpenDirectory(folder.Key!);
                foreach (var file in folder)
                {
                    Try(file, () => _calls.Delete(file));
                }

                _calls.SyncDirectory(directory);
            });
        }

        if (failure is not null)
        {
            throw failure;
        }

        void Try(string path, Action action)
        {
            try
            {
                action();
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                failure ??= StorageErrors.Describe(exception, path, "removed");
            }
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
                // Renaming one name of a file over another name of the same file succeeds without effect and leaves the temporary name.
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
    public IReadOnlyList<string> ListFolders(string directory) => LocalFiles.FoldersIn(LocalPath.Of(directory));

    /// <inheritdoc/>
    public void DeleteFolder(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        if (LocalPath.SchemeOf(directory) is null)
        {
            _directories.RemoveIfEmpty(Path.GetFullPath(LocalPath.Plain(directory)));
        }
    }

    /// <inheritdoc/>
    public IDisposable? TryClaim(string path, bool mayBeThere)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (LocalPath.SchemeOf(path) is not null)
        {
            // The following save reports the missing directory.
            return NameClaims.Of(this).TryTake(path);
        }

        path = LocalPath.Plain(path);
        try
        {
            _directories.Prepare(Path.GetDirectoryName(Path.GetFullPath(path))!);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The following save reports the error.
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
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException
            or CheckpointException)
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

    private static bool IsThere(string full) => File.Exists(full) || new FileInfo(full).LinkTarget is not null;

    private static void ThrowIfDirectory(string target, string path, string verb)
    {
        const int isDirectory = 21;
        if (Directory.Exists(target) || Path.EndsInDirectorySeparator(path))
        {
            throw StorageErrors.Describe(new IOException("Is a directory", isDirectory), path, verb);
        }

        // A rename would replace a device such as /dev/null, and reading a pipe would block forever.
        if (NativeCalls.OnLinux && LinuxFile.IsSpecial(target))
        {
            throw StorageErrors.Describe(new IOException("The path is a device or a pipe"), path, verb);
        }
    }
}
