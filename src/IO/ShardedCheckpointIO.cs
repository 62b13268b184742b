using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Fulgurite.Composition;
using Fulgurite.IO;
using Fulgurite.State;
using Microsoft.Extensions.Logging;

namespace Fulgurite;

/// <summary>
/// Saves a checkpoint as a folder of safetensors files with the index of Hugging Face models, which other programs read the weights from.
/// In a training of several processes, each of them writes its part at the same time. A checkpoint can be loaded by any number of
/// processes. Files of <see cref="SafetensorsCheckpointIO"/> and <see cref="TorchCheckpointIO"/> can be loaded too.
/// </summary>
/// <remarks>
/// All parts are written first, under names of their own; the index that names them, with their checksums, is replaced last. Readers
/// therefore find the previous checkpoint or the new one. Parts of replaced checkpoints and of saves that did not complete are then
/// removed.
/// </remarks>
[Plugin("sharded")]
public sealed partial class ShardedCheckpointIO : FileCheckpointIO, ICheckpointParts
{
    private const int RandomBytes = 2;

    /// <summary>The age from which parts without an index are considered to be abandoned: another run may still be writing them.</summary>
    private static readonly TimeSpan StalePartAge = TimeSpan.FromDays(1);

    private readonly ILogger? _logger;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<string, bool> _swept = new(StringComparer.Ordinal);
    private long _lastTicks;

    /// <summary>Initializes the CheckpointIO.</summary>
    /// <param name="storage">The storage of the files, which all processes reach; null for the local file system.</param>
    /// <param name="logger">The logger for placeholders and for parts that cannot be removed; null to disable logging.</param>
    /// <param name="timeProvider">The clock; null for the system clock.</param>
    public ShardedCheckpointIO(
        IStorage? storage = null, ILogger<ShardedCheckpointIO>? logger = null, TimeProvider? timeProvider = null)
        : base(storage) => (_logger, _time) = (logger, timeProvider ?? TimeProvider.System);

    /// <inheritdoc/>
    public string CreateSaveId()
    {
        long last, ticks;
        do
        {
            last = Volatile.Read(ref _lastTicks);
            ticks = Math.Max(last + 1, _time.GetUtcNow().UtcTicks);
        }
        while (Interlocked.CompareExchange(ref _lastTicks, ticks, last) != last);

        return ticks.ToString("x16", CultureInfo.InvariantCulture) + RandomNumberGenerator.GetHexString(2 * RandomBytes, lowercase: true);
    }

    /// <inheritdoc/>
    public TrainingState GetPart(TrainingState state, int rank, int worldSize)
    {
        ArgumentNullException.ThrowIfNull(state);
        ThrowIfNoRank(rank, worldSize);
        return ShardPlan.Divide(state, rank + 1, worldSize);
    }

    /// <inheritdoc/>
    public string GetPartPath(string path, string saveId, int rank, int worldSize)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentException.ThrowIfNullOrEmpty(saveId);
        ThrowIfNoRank(rank, worldSize);
        return new PartName(saveId, rank + 1, worldSize).PathIn(path);
    }

    /// <inheritdoc/>
    public StorageOptions GetCommit(string saveId, int worldSize)
    {
        ArgumentException.ThrowIfNullOrEmpty(saveId);
        ArgumentOutOfRangeException.ThrowIfLessThan(worldSize, 1);
        return new CommitOptions(saveId, worldSize);
    }

    /// <inheritdoc/>
    public override Task SaveCheckpointAsync(
        TrainingState checkpoint, string path, SaveContext? context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        ArgumentException.ThrowIfNullOrEmpty(path);
        var commit = context?.Storage as CommitOptions;
        if (commit is null)
        {
            ThrowIfUnknown(context?.Storage);
        }

        return Run(
            path,
            () =>
            {
                var length = commit is not null ? Commit(path, commit, context, cancellationToken)
                    : PartName.TryParsePath(path, out var folder, out var part) ? WritePart(checkpoint, folder, part, cancellationToken)
                    : Write(checkpoint, path, context, cancellationToken);
                context?.ByteLength = length;
                return true;
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public override Task<bool> ExistsAsync(string path, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Task.FromResult(Exists(path));
    }

    /// <inheritdoc/>
    public override async IAsyncEnumerable<CheckpointEntry> ListFilesAsync(
        string directory, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var file in base.ListFilesAsync(directory, cancellationToken).ConfigureAwait(false))
        {
            yield return file;
        }

        foreach (var folder in Storage.ListFolders(directory))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var files = Storage.List(folder);
            if (files.FirstOrDefault(file => IsIndex(file.Path)) is { } index)
            {
                yield return new CheckpointEntry(folder, files.Sum(file => file.Length), index.Time);
            }
        }
    }

    /// <inheritdoc/>
    public override Task<IDisposable?> TryClaimAsync(string path, bool mayBeThere, CancellationToken cancellationToken) =>
        Run(
            path,
            () =>
            {
                // A folder cannot replace a file of another format. A folder with parts but without an index is free.
                if (IsTaken(path, mayBeThere) || Storage.TryClaim(path, mayBeThere: true) is not { } claim)
                {
                    return null;
                }

                // Object stores decide at the first commit whether a new name is still free: the index is what is committed.
                var isObject = !mayBeThere && LocalPath.SchemeOf(path) is not null;
                var index = isObject ? Storage.TryClaim(ShardIndex.In(path), mayBeThere: false) : null;
                if (isObject == (index is not null) && !IsTaken(path, mayBeThere))
                {
                    return index is null ? claim : new Claim(claim, index);
                }

                index?.Dispose();
                claim.Dispose();
                return null;
            },
            cancellationToken);

    /// <inheritdoc/>
    protected override FileContent Format(TrainingState state) => SafetensorsWriter.Write(state);

    /// <inheritdoc/>
    protected override TrainingState Parse(StorageReader reader, LoadOptions options, CancellationToken cancellationToken) =>
        CheckpointFile.Read(reader, options, _logger, cancellationToken);

    /// <inheritdoc/>
    private protected override void Remove(string path)
    {
        if (PartName.TryParsePath(path, out var folder, out var part))
        {
            DeleteAll(part.FilesIn(folder), throws: true);
            Storage.DeleteFolder(folder);
        }
        else
        {
            RemoveFolder(path);
        }
    }

    /// <inheritdoc/>
    private protected override bool TryLink(string existingPath, string path, CancellationToken cancellationToken) =>
        PartName.TryParsePath(existingPath, out var fromFolder, out var from) && PartName.TryParsePath(path, out var folder, out var to)
            ? TryLinkPart(existingPath, (fromFolder, from), (folder, to))
            : Storage.Exists(ShardIndex.In(existingPath)) && TryLinkAll(existingPath, path, cancellationToken);

    /// <inheritdoc/>
    private protected override StorageReader Open(string path) =>
        !ShardIndex.IsIndex(path) && Storage.Exists(ShardIndex.In(path)) ? Storage.Open(ShardIndex.In(path))
        : Storage.Exists(path) ? Storage.Open(path)
        : throw new CheckpointNotFoundException(path);

    private bool IsTaken(string path, bool mayBeThere) => Storage.Exists(path) || (!mayBeThere && Storage.Exists(ShardIndex.In(path)));

    private sealed class Claim(IDisposable folder, IDisposable index) : IDisposable
    {
        public void Dispose()
        {
            index.Dispose();
            folder.Dispose();
        }
    }
}

/// <summary>Adds a <see cref="ShardedCheckpointIO"/> to a trainer.</summary>
public static class ShardedCheckpointIOBuilderExtensions
{
    /// <summary>
    /// Saves checkpoints as folders of safetensors files, to which every process writes its part. Add <see cref="AsyncCheckpointIO"/> after
    /// it, so that the training does not wait for storage.
    /// </summary>
    /// <param name="builder">The trainer.</param>
    public static ITrainerBuilder AddShardedCheckpointIO(this ITrainerBuilder builder) => builder.AddCheckpointIO<ShardedCheckpointIO>();
}
