using Fulgurite.IO;
using Fulgurite.State;

namespace Fulgurite;

/// <summary>
/// The base class of <see cref="CheckpointIO"/> implementations that store a checkpoint as a single file. A derived class defines the file
/// format; an <see cref="IStorage"/> reads and writes the files.
/// </summary>
/// <remarks>
/// All operations run on the calling thread, with a few dedicated threads for parallel reads and writes; the returned tasks are completed.
/// Wrapped in an asynchronous implementation, the operations run on the threads of that implementation. <see cref="StorageOptions"/> are
/// not supported.
/// </remarks>
public abstract class FileCheckpointIO : CheckpointIO, ICheckpointFiles
{
    /// <summary>How often to read a checkpoint whose base another run removes meanwhile.</summary>
    private const int MaxAttempts = 3;

    /// <summary>How often a sharded checkpoint may be replaced while it is read.</summary>
    private const int MostReplacements = 10;

    /// <summary>Initializes the storage.</summary>
    /// <param name="storage">The storage of the files; null for the local file system.</param>
    protected FileCheckpointIO(IStorage? storage) => Storage = storage ?? new LocalStorage();

    /// <summary>Gets the storage of the files.</summary>
    public IStorage Storage { get; }

    /// <inheritdoc/>
    public override Task SaveCheckpointAsync(
        TrainingState checkpoint, string path, SaveContext? context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        ArgumentException.ThrowIfNullOrEmpty(path);
        ThrowIfUnknown(context?.Storage);
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            var length = Write(checkpoint, path, cancellationToken);
            context?.ByteLength = length;
            return Task.CompletedTask;
        }
        catch (NotSupportedException exception)
        {
            return Task.FromException(
                new CheckpointException($"The checkpoint '{path}' could not be saved: {exception.Message}", path, exception));
        }
        catch (Exception exception)
        {
            return Failed<bool>(exception, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public override Task<TrainingState> LoadCheckpointAsync(string path, LoadOptions? options, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ThrowIfUnknown(options?.Storage);
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            return Task.FromResult(Load(path, options ?? new LoadOptions(), cancellationToken));
        }
        catch (Exception exception)
        {
            return Failed<TrainingState>(exception, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public override Task RemoveCheckpointAsync(string path, CancellationToken cancellationToken) =>
        Run(
            path,
            () =>
            {
                Remove(path);
                return true;
            },
            cancellationToken);

    /// <inheritdoc/>
    public override Task<bool> ExistsAsync(string path, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Task.FromResult(Storage.Exists(path));
    }

    /// <inheritdoc/>
    public override IAsyncEnumerable<CheckpointEntry> ListFilesAsync(string directory, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        return Storage.List(directory).ToAsyncEnumerable();
    }

    /// <inheritdoc/>
    /// <remarks>Tensors are read and verified piece by piece, which needs little memory.</remarks>
    public override Task VerifyAsync(string path, CancellationToken cancellationToken) =>
        Run(
            path,
            () =>
            {
                Verify(path, cancellationToken);
                return true;
            },
            cancellationToken);

    /// <inheritdoc/>
    public override Task ProbeAsync(string directory, CancellationToken cancellationToken) =>
        Run(
            directory,
            () =>
            {
                Storage.Probe(directory);
                return true;
            },
            cancellationToken);

    /// <inheritdoc/>
    public override Task<IDisposable?> TryClaimAsync(string path, bool mayBeThere, CancellationToken cancellationToken) =>
        Run(path, () => Storage.TryClaim(path, mayBeThere), cancellationToken);

    /// <inheritdoc/>
    public Task<bool> TryLinkAsync(string existingPath, string path, CancellationToken cancellationToken) =>
        Run(path, () => TryLink(existingPath, path, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public long? GetAvailableBytes(string path) => Storage.GetAvailableBytes(path);

    /// <summary>Lays out the content of the file of a state.</summary>
    /// <param name="state">The state; it does not change until the content has been written.</param>
    /// <exception cref="NotSupportedException">The format does not support a value in the state.</exception>
    protected abstract FileContent Format(TrainingState state);

    /// <summary>Reads a file.</summary>
    /// <param name="reader">The open file.</param>
    /// <param name="options">The load options.</param>
    /// <param name="cancellationToken">A token to cancel the operation.</param>
    /// <exception cref="CheckpointCorruptException">The file is damaged or violates the format.</exception>
    protected abstract TrainingState Parse(StorageReader reader, LoadOptions options, CancellationToken cancellationToken);

    /// <summary>Writes the file of a state and returns its length.</summary>
    private protected virtual long Write(TrainingState checkpoint, string path, CancellationToken cancellationToken) =>
        Storage.Write(path, Format(checkpoint), cancellationToken);

    /// <summary>Opens a file; for a folder with an index, the index.</summary>
    private protected virtual StorageReader Open(string path)
    {
        try
        {
            return Storage.Open(path);
        }
        catch (CheckpointException) when (!ShardIndex.IsIndex(path) && Storage.Exists(ShardIndex.In(path)))
        {
            return Storage.Open(ShardIndex.In(path));
        }
    }

    /// <summary>Removes a file.</summary>
    private protected virtual void Remove(string path) => Storage.Delete(path);

    /// <summary>Creates a second name for a file, if the storage can.</summary>
    private protected virtual bool TryLink(string existingPath, string path, CancellationToken cancellationToken) =>
        Storage.TryLink(existingPath, path);

    private TrainingState Load(string path, LoadOptions options, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return LoadOnce(path, options, cancellationToken);
            }
            catch (CheckpointCorruptException exception) when (attempt < MaxAttempts && IsBaseMissing(exception))
            {
                // If the checkpoint is gone as well, the next attempt reports that it is not found.
            }
        }
    }

    private void Verify(string path, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                VerifyOnce(path, cancellationToken);
                return;
            }
            catch (CheckpointCorruptException exception) when (attempt < MaxAttempts && IsBaseMissing(exception))
            {
                // As in a load.
            }
        }
    }

    /// <summary>
    /// Determines whether a base is missing: the run may have replaced the checkpoint, and removed the base, after the file was opened.
    /// </summary>
    private static bool IsBaseMissing(CheckpointCorruptException exception) => exception.InnerException is CheckpointNotFoundException;

    private TrainingState LoadOnce(string path, LoadOptions options, CancellationToken cancellationToken)
    {
        using var reader = Open(path);
        reader.Storage = Storage;
        return ShardIndex.IsIndex(reader.Path)
            ? WithIndex(reader, index => Load(index, options, cancellationToken))
            : Parse(reader, options, cancellationToken);
    }

    private void VerifyOnce(string path, CancellationToken cancellationToken)
    {
        using var reader = Open(path);
        reader.Storage = Storage;
        if (ShardIndex.IsIndex(reader.Path))
        {
            WithIndex(reader, index =>
            {
                if (index.Manifest is not null)
                {
                    // Whether the files are those of the index and belong together.
                    Load(index, new LoadOptions { Mapped = true }, cancellationToken).Dispose();
                }

                foreach (var shard in index.Paths)
                {
                    Verify(shard, cancellationToken);
                }

                return true;
            });
            return;
        }

        using var state = Parse(reader, new LoadOptions { Mapped = true, Deferred = true }, cancellationToken);
        StoredChecksums.Verify(reader, state, static _ => { }, cancellationToken);
    }

    private TrainingState Load(ShardIndex index, LoadOptions options, CancellationToken cancellationToken) => index.Manifest is null
        ? index.Load(shard => Load(shard, options, cancellationToken), new LoadSelection(options))
        : new ShardedLoad(index, Storage.Open, (part, wanted) => Parse(part, wanted, cancellationToken)).Load(options);

    /// <summary>Uses an index; again, if another save replaces it meanwhile and removes its files.</summary>
    private T WithIndex<T>(StorageReader reader, Func<ShardIndex, T> use)
    {
        var index = ShardIndex.Read(reader);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return use(index);
            }
            catch (CheckpointException) when (index.Manifest is not null && attempt < MostReplacements)
            {
                using var again = Storage.Open(reader.Path);
                var newer = ShardIndex.Read(again);
                if (string.Equals(newer.Manifest?.SaveId, index.Manifest.SaveId, StringComparison.Ordinal))
                {
                    throw;
                }

                index = newer;
            }
        }
    }

    private protected void ThrowIfUnknown(StorageOptions? options)
    {
        if (options is not null)
        {
            throw new ArgumentException(
                $"{GetType().Name} does not support options of the type {options.GetType().Name}. Omit them, "
                    + "or use the CheckpointIO that defines them.",
                nameof(options));
        }
    }

    private protected static Task<T> Run<T>(string path, Func<T> action, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            return Task.FromResult(action());
        }
        catch (Exception exception)
        {
            return Failed<T>(exception, cancellationToken);
        }
    }

    // After argument checks, early and late failures are both reported through the task.
    private static Task<T> Failed<T>(Exception exception, CancellationToken cancellationToken) =>
        exception is OperationCanceledException && cancellationToken.IsCancellationRequested
            ? Task.FromCanceled<T>(cancellationToken)
            : Task.FromException<T>(exception);
}
