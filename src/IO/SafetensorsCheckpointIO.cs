using Fulgurite.Composition;
using Fulgurite.IO;
using Fulgurite.State;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fulgurite;

/// <summary>
/// Checkpoints in the safetensors format: every tensor can be read by name in any language, mapped, and written in one stream; the rest of
/// the tree is JSON in the metadata. Files of other programs load as a map of their tensors; torch files and those of TorchSharp's modules
/// are read too.
/// </summary>
[Plugin("safetensors")]
public sealed partial class SafetensorsCheckpointIO : FileCheckpointIO
{
    private readonly ILogger _logger;

    /// <summary>Makes an implementation.</summary>
    /// <param name="storage">Where the files are; null for the local file system.</param>
    /// <param name="logger">What is told of placeholders; null for nobody.</param>
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
