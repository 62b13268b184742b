using Fulgurite.Composition;
using Fulgurite.IO;
using Fulgurite.State;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fulgurite;

/// <summary>
/// Saves checkpoints in the safetensors format and writes only what changed since the last save: a file holds the changed rows and names
/// the file that it is based on. After <see cref="IncrementalCheckpointOptions.MaxChainLength"/> such files, the next one is based on the
/// first, a full file. Where most bytes have changed, and after as many chains, a full file is written. Any
/// <see cref="FileCheckpointIO"/> loads these checkpoints like others.
/// </summary>
/// <remarks>
/// <para>The files that checkpoints are based on are in the folder <c>chain</c> next to them, under names of their own. They are removed
/// once no checkpoint needs them. Copy or move the folder together with the checkpoints, or convert a checkpoint to a single file.</para>
/// <para>Changes are found by a 64-bit hash of each row, which is kept in memory: 8 bytes for a row, or for 256 bytes of smaller rows. Rows
/// of which an optimizer has recorded that they have not changed (<see cref="State.RowChanges"/>) are neither copied nor hashed. The
/// first save of an instance in a folder is a full file. Wrap it in <see cref="AsyncCheckpointIO"/> to hash and write in the
/// background.</para>
/// </remarks>
[Plugin("incremental")]
public sealed class IncrementalCheckpointIO : FileCheckpointIO, IConfigurable<IncrementalCheckpointOptions>
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, ChainFolder> _folders = new(StringComparer.Ordinal);
    private readonly ILogger _logger;
    private readonly TimeProvider _time;

    /// <summary>Initializes the CheckpointIO.</summary>
    /// <param name="options">The options; null for the defaults.</param>
    /// <param name="storage">The storage of the files; null for the local file system.</param>
    /// <param name="logger">The logger for placeholders and for files that cannot be removed; null to disable logging.</param>
    /// <param name="timeProvider">The clock; null for the system clock.</param>
    public IncrementalCheckpointIO(
        IncrementalCheckpointOptions? options = null, IStorage? storage = null, ILogger<IncrementalCheckpointIO>? logger = null,
        TimeProvider? timeProvider = null)
        : base(storage)
    {
        Options = CheckedOptions.OrDefault(options);
        _logger = logger ?? NullLogger<IncrementalCheckpointIO>.Instance;
        _time = timeProvider ?? TimeProvider.System;
    }

    /// <inheritdoc/>
    public IncrementalCheckpointOptions Options { get; }

    /// <inheritdoc/>
    public override string FileExtension => ".safetensors";

    /// <summary>Ends the chains: the next save is a full file.</summary>
    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync().ConfigureAwait(false);
        lock (_gate)
        {
            foreach (var folder in _folders.Values)
            {
                folder.Dispose();
            }

            _folders.Clear();
        }
    }

    /// <inheritdoc/>
    protected override FileContent Format(TrainingState state) => SafetensorsWriter.Write(state);

    /// <inheritdoc/>
    protected override TrainingState Parse(StorageReader reader, LoadOptions options, CancellationToken cancellationToken) =>
        CheckpointFile.Read(reader, options, _logger, cancellationToken);

    private protected override long Write(TrainingState checkpoint, string path, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return Folder(path).Save(checkpoint, path, Options.MaxChainLength, cancellationToken);
        }
    }

    private protected override void Remove(string path)
    {
        lock (_gate)
        {
            Folder(path).Remove(path);
        }
    }

    /// <summary>Links only within a folder: the bases of a checkpoint are in its folder.</summary>
    private protected override bool TryLink(string existingPath, string path, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return string.Equals(FolderOf(existingPath), FolderOf(path), StringComparison.Ordinal)
                && Folder(path).TryLink(existingPath, path);
        }
    }

    private static string FolderOf(string path) => path[..(path.LastIndexOfAny(['/', Path.DirectorySeparatorChar]) + 1)];

    private ChainFolder Folder(string path)
    {
        if (!_folders.TryGetValue(FolderOf(path), out var folder))
        {
            _folders[FolderOf(path)] = folder = new ChainFolder(Storage, path, _logger, _time);
        }

        return folder;
    }
}

/// <summary>Adds an <see cref="IncrementalCheckpointIO"/> to a trainer.</summary>
public static class IncrementalCheckpointIOBuilderExtensions
{
    /// <summary>Writes only what changed since the last save.</summary>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Configures the options; null for the defaults.</param>
    public static ITrainerBuilder AddIncrementalCheckpointIO(
        this ITrainerBuilder builder, Action<IncrementalCheckpointOptions>? configure = null) =>
        builder.AddCheckpointIO<IncrementalCheckpointIO, IncrementalCheckpointOptions>(configure ?? (_ => { }));

    /// <summary>Writes only what changed since the last save.</summary>
    /// <typeparam name="TCheckpointIO">The type of the CheckpointIO, <see cref="IncrementalCheckpointIO"/>.</typeparam>
    /// <param name="builder">The trainer.</param>
    /// <param name="configure">Configures the options.</param>
    public static ITrainerBuilder AddCheckpointIO<TCheckpointIO>(
        this ITrainerBuilder builder, Action<IncrementalCheckpointOptions> configure)
        where TCheckpointIO : CheckpointIO, IConfigurable<IncrementalCheckpointOptions> =>
        builder.AddCheckpointIO<TCheckpointIO, IncrementalCheckpointOptions>(configure);
}
