using Fulgurite.Composition;
using Fulgurite.IO;
using Fulgurite.State;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fulgurite;

/// <summary>
/// Saves checkpoints in the format of <c>torch.save</c>, like PyTorch Lightning. Python can read the files, and files written by Python can
/// be loaded. No code in a file is ever executed; objects of unknown classes are loaded as inert placeholders, which is logged. Files of
/// safetensors and of TorchSharp modules can be loaded too.
/// </summary>
[Plugin("torch")]
public sealed partial class TorchCheckpointIO : FileCheckpointIO
{
    private readonly ILogger _logger;

    /// <summary>Initializes the CheckpointIO.</summary>
    /// <param name="storage">The storage of the files; null for the local file system.</param>
    /// <param name="logger">The logger for placeholders; null to disable logging.</param>
    public TorchCheckpointIO(IStorage? storage = null, ILogger<TorchCheckpointIO>? logger = null)
        : base(storage) => _logger = logger ?? NullLogger<TorchCheckpointIO>.Instance;

    /// <inheritdoc/>
    protected override FileContent Format(TrainingState state) => TorchWriter.Write(state);

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
