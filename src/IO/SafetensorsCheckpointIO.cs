using Fulgurite.Composition;
using Fulgurite.IO;
using Fulgurite.State;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fulgurite;

/// <summary>
/// Saves checkpoints in the safetensors format. Tensors can be read by name from any language, mapped into memory, and written in one
/// stream; the rest of the state is JSON in the metadata. Files of other programs load as a map of their tensors. Torch files and files of
/// TorchSharp modules can be loaded too.
/// </summary>
[Plugin("safetensors")]
public sealed partial class SafetensorsCheckpointIO : FileCheckpointIO
{
    private readonly ILogger _logger;

    /// <summary>Initializes the CheckpointIO.</summary>
    /// <param name="storage">The storage of the files; null for the local file system.</param>
    /// <param name="logger">The logger for placeholders; null to disable logging.</param>
    public SafetensorsCheckpointIO(IStorage? storage = null, ILogger<SafetensorsCheckpointIO>? logger = null)
        : base(storage) => _logger = logger ?? NullLogger<SafetensorsCheckpointIO>.Instance;

    /// <inheritdoc/>
    public override string FileExtension => ".safetensors";

    /// <inheritdoc/>
    protected override FileContent Format(TrainingState state) => SafetensorsWriter.Write(state);

    /// <inheritdoc/>
    protected override TrainingState Parse(StorageReader reader, LoadOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(reader);
        ArgumentNullException.ThrowIfNull(options);
        return CheckpointFile.Read(reader, options, classes => LogPlaceholders(reader.Path, string.Join(", ", classes)), cancellationToken);
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Warning, Message = "The checkpoint '{Path}' holds objects of classes that are not known here. They are kept as placeholders: {Classes}")]
    private partial void LogPlaceholders(string path, string classes);
}
