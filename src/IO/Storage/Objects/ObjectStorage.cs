using System.Collections.Concurrent;
using System.Globalization;

namespace Fulgurite.IO;

/// <summary>
/// Stores files as objects. A file is uploaded in parts, in parallel and from the captured memory, and published by one atomic request;
/// then the store is asked for its length and its write ID. Readers see either the old object or the new one.
/// </summary>
/// <remarks>
/// A claim of a name makes no request: a name that the folder did not contain when it was probed or first used is published only if it is
/// still free, which the store decides. A reader reports an error if the object is replaced while it is read.
/// </remarks>
public abstract partial class ObjectStorage : IUrlStorage
{
    private const int MostParts = 10_000;

    /// <summary>
    /// The most bytes of a body that are read at once, less than the cache of a core: streams that only support arrays copy through one.
    /// </summary>
    private const int BodyStep = 128 << 10;

    private readonly ConcurrentDictionary<string, Lazy<ConcurrentDictionary<string, bool>>> _folders = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _new = new(StringComparer.Ordinal);

    // The objects of this process as they were written: another program may have replaced them since.
    private readonly ConcurrentDictionary<string, ObjectInfo> _written = new(StringComparer.Ordinal);
    private readonly ObjectStorageOptions _options;

    /// <summary>Initializes the storage.</summary>
    /// <param name="options">The options.</param>
    protected ObjectStorage(ObjectStorageOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
    }

    /// <inheritdoc/>
    public abstract bool Handles(string path);

    /// <inheritdoc/>
    public long Write(string path, FileContent content, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(content);
        cancellationToken.ThrowIfCancellationRequested();
        return Guard(path, "saved", () =>
        {
            var write = new ObjectWrite(
                path, content.Length, Guid.NewGuid().ToString("N", CultureInfo.InvariantCulture), _new.ContainsKey(path));
            _written.TryRemove(path, out _);
            try
            {
                _written[path] = WriteAsync(write, content, cancellationToken).GetAwaiter().GetResult();
            }
            catch (CheckpointException exception) when (exception.IsInPlace)
            {
                // The damaged object is that of this process, which may replace it.
                OnPublished(path);
                throw;
            }

            OnPublished(path);
            return content.Length;
        }, cancellationToken);
    }

    /// <inheritdoc/>
    public StorageReader Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var info = Guard(path, "read", () => GetInfoAsync(path, CancellationToken.None).GetAwaiter().GetResult())
            ?? throw new CheckpointNotFoundException(path);
        return new ObjectReader(path, info, _options.PartSize, _options.Concurrency, (offset, bytes) => Guard(path, "read", () =>
        {
            ReadAsync(path, info, offset, bytes, CancellationToken.None).GetAwaiter().GetResult();
            return true;
        }));
    }

    /// <inheritdoc/>
    public bool Exists(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Guard(path, "found", () => GetInfoAsync(path, CancellationToken.None).GetAwaiter().GetResult() is not null);
    }

    /// <inheritdoc/>
    public void Delete(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        Guard(path, "removed", () =>
        {
            DeleteAsync(path, CancellationToken.None).GetAwaiter().GetResult();
            return true;
        });
        _written.TryRemove(path, out _);
        Known(path)?.TryRemove(path, out _);
    }

    /// <inheritdoc/>
    public bool TryLink(string existing, string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(existing);
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (_new.ContainsKey(path) || !_written.TryGetValue(existing, out var info))
        {
            return false;
        }

        return Guard(path, "saved", () =>
        {
            // Not every service compares versions, so the store is asked what it has copied.
            _written.TryRemove(path, out _);
            if (!TryCopyAsync(existing, info, path, CancellationToken.None).GetAwaiter().GetResult()
                || GetInfoAsync(path, CancellationToken.None).GetAwaiter().GetResult() is not { } copy
                || copy.Length != info.Length || !string.Equals(copy.WriteId, info.WriteId, StringComparison.Ordinal))
            {
                return false;
            }

            _written[path] = copy;
            Known(path)?.TryAdd(path, true);
            return true;
        });
    }

    /// <inheritdoc/>
    public IReadOnlyList<CheckpointEntry> List(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        return Guard(directory, "listed", () => ListAsync(directory.TrimEnd('/'), CancellationToken.None).GetAwaiter().GetResult());
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> ListFolders(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        return Guard(
            directory, "listed", () => ListFoldersAsync(directory.TrimEnd('/'), CancellationToken.None).GetAwaiter().GetResult());
    }

    /// <inheritdoc/>
    public void Probe(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        directory = directory.TrimEnd('/');
        var path = $"{directory}/.fulgurite-{Guid.NewGuid():N}.tmp";
        var content = new FileContent();
        content.Add("fulgurite"u8.ToArray());
        Write(path, content, CancellationToken.None);
        Delete(path);
        _folders.TryRemove(directory, out _);
        _ = Folder(directory);
    }

    /// <inheritdoc/>
    public IDisposable? TryClaim(string path, bool mayBeThere)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var claim = NameClaims.Of(this).TryTake(path);
        if (claim is null || mayBeThere)
        {
            return claim;
        }

        try
        {
            if (Folder(FolderOf(path)).ContainsKey(path))
            {
                claim.Dispose();
                return null;
            }
        }
        catch (CheckpointException)
        {
            // The following save reports the error. It must not replace an object that could not be listed.
        }

        _new[path] = true;
        return new NewName(this, path, claim);
    }

    /// <inheritdoc/>
    public long? GetAvailableBytes(string path) => null;

    /// <summary>Starts an upload in parts; no object is visible before it is completed.</summary>
    /// <param name="write">The object.</param>
    /// <param name="isSingle">Whether there is one part only, which can be published by the same request.</param>
    /// <param name="cancellationToken">A token to cancel the operation.</param>
    protected abstract Task<ObjectUpload> StartUploadAsync(ObjectWrite write, bool isSingle, CancellationToken cancellationToken);

    /// <summary>Returns what the store reports about an object; null if it does not exist.</summary>
    /// <param name="path">The URL of the object.</param>
    /// <param name="cancellationToken">A token to cancel the operation.</param>
    protected abstract Task<ObjectInfo?> GetInfoAsync(string path, CancellationToken cancellationToken);

    /// <summary>Fills a buffer from one version of an object; fails if the object has been replaced. Ranges are read in parallel.</summary>
    /// <param name="path">The URL of the object.</param>
    /// <param name="info">The version.</param>
    /// <param name="offset">The offset in bytes.</param>
    /// <param name="destination">
    /// The buffer, which is not an array; it is filled completely. It must not be written to after the task has ended, also after a failure
    /// or a timeout: the memory may be freed.
    /// </param>
    /// <param name="cancellationToken">A token to cancel the operation.</param>
    protected abstract Task ReadAsync(
        string path, ObjectInfo info, long offset, Memory<byte> destination, CancellationToken cancellationToken);

    /// <summary>
    /// Fills a buffer from the body of a response, for implementations of <see cref="ReadAsync"/>. The stream must not write to the buffer
    /// after a read has ended, also after its cancellation; those of the .NET HTTP client do not.
    /// </summary>
    /// <param name="body">The body.</param>
    /// <param name="destination">The buffer; it is filled completely.</param>
    /// <param name="cancellationToken">A token to cancel the operation.</param>
    /// <exception cref="EndOfStreamException">The body is shorter than the buffer.</exception>
    protected static async Task FillAsync(Stream body, Memory<byte> destination, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(body);
        for (var done = 0; done < destination.Length;)
        {
            var step = destination.Slice(done, Math.Min(BodyStep, destination.Length - done));
            var count = await body.ReadAsync(step, cancellationToken).ConfigureAwait(false);
            done += count > 0 ? count : throw new EndOfStreamException($"The body of a response ended after {done} bytes.");
        }
    }

    /// <summary>Deletes an object; does nothing if it does not exist.</summary>
    /// <param name="path">The URL of the object.</param>
    /// <param name="cancellationToken">A token to cancel the operation.</param>
    protected abstract Task DeleteAsync(string path, CancellationToken cancellationToken);

    /// <summary>
    /// Copies one version of an object within the store, atomically. The default implementation returns false: it is uploaded again.
    /// </summary>
    /// <param name="existing">The URL of the object.</param>
    /// <param name="info">The version.</param>
    /// <param name="path">The URL of the copy.</param>
    /// <param name="cancellationToken">A token to cancel the operation.</param>
    /// <returns>true if it was copied; false if the object has been replaced or cannot be copied.</returns>
    protected virtual Task<bool> TryCopyAsync(string existing, ObjectInfo info, string path, CancellationToken cancellationToken) =>
        Task.FromResult(false);

    /// <summary>Lists the objects of a folder, without subfolders.</summary>
    /// <param name="directory">The URL of the folder, without a slash at the end.</param>
    /// <param name="cancellationToken">A token to cancel the operation.</param>
    protected abstract Task<IReadOnlyList<CheckpointEntry>> ListAsync(string directory, CancellationToken cancellationToken);

    /// <summary>
    /// Lists the URLs of the folders in a folder, without a slash at the end. The default implementation returns none.
    /// </summary>
    /// <param name="directory">The URL of the folder, without a slash at the end.</param>
    /// <param name="cancellationToken">A token to cancel the operation.</param>
    protected virtual Task<IReadOnlyList<string>> ListFoldersAsync(string directory, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<string>>([]);

    /// <summary>Aborts unfinished uploads in a folder that started before a time. The default implementation does nothing.</summary>
    /// <param name="directory">The URL of the folder, without a slash at the end.</param>
    /// <param name="before">The time.</param>
    /// <param name="cancellationToken">A token to cancel the operation.</param>
    protected virtual Task SweepUploadsAsync(string directory, DateTimeOffset before, CancellationToken cancellationToken) =>
        Task.CompletedTask;

    /// <summary>Explains a failure of the client; null if the exception is not one.</summary>
    /// <param name="exception">The exception.</param>
    /// <returns>What was found and the remedy, without credentials, and whether a retry can help.</returns>
    protected abstract (string Found, bool IsTransient)? Explain(Exception exception);

    private static string FolderOf(string path) => path[..path.LastIndexOf('/')];

    /// <summary>Returns the names in a folder, listed at the first use; sweeps it as well.</summary>
    private ConcurrentDictionary<string, bool> Folder(string directory)
    {
        var folder = _folders.GetOrAdd(directory, _ => new Lazy<ConcurrentDictionary<string, bool>>(() =>
        {
            Sweep(directory);
            return new ConcurrentDictionary<string, bool>(
                List(directory).Select(entry => KeyValuePair.Create(entry.Path, true)), StringComparer.Ordinal);
        }));
        try
        {
            return folder.Value;
        }
        catch
        {
            _folders.TryRemove(KeyValuePair.Create(directory, folder));
            throw;
        }
    }

    private ConcurrentDictionary<string, bool>? Known(string path) =>
        _folders.TryGetValue(FolderOf(path), out var folder) && folder.IsValueCreated ? folder.Value : null;

    private void OnPublished(string path)
    {
        _new.TryRemove(path, out _);
        Known(path)?.TryAdd(path, true);
    }

    private void Sweep(string directory)
    {
        try
        {
            SweepUploadsAsync(directory, DateTimeOffset.UtcNow - _options.StaleUploadAge, CancellationToken.None).GetAwaiter().GetResult();
        }
        catch (Exception exception) when (Reason(exception, CancellationToken.None) is not null)
        {
            // A failed cleanup must not fail the save; many stores do not allow it.
        }
    }

    private T Guard<T>(string path, string verb, Func<T> action, CancellationToken cancellationToken = default)
    {
        try
        {
            return action();
        }
        catch (Exception exception) when (Reason(exception, cancellationToken) is { } reason)
        {
            throw new CheckpointException($"The checkpoint '{path}' could not be {verb}: {reason.Found}", path, exception)
            {
                IsTransient = reason.IsTransient,
            };
        }
    }

    private (string Found, bool IsTransient)? Reason(Exception exception, CancellationToken cancellationToken) => exception switch
    {
        CheckpointException => null,
        OperationCanceledException when cancellationToken.IsCancellationRequested => null,
        OperationCanceledException or TimeoutException => (
            $"the store did not answer within {_options.RequestTimeout}. Check the network, or raise RequestTimeout.", true),
        _ => Explain(exception),
    };

    private sealed class NewName(ObjectStorage owner, string path, IDisposable claim) : IDisposable
    {
        public void Dispose()
        {
            owner._new.TryRemove(path, out _);
            claim.Dispose();
        }
    }
}
