using Fulgurite.Composition;
using Fulgurite.IO;
using Fulgurite.State;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fulgurite;

/// <summary>
/// Checkpoints in the format of <c>torch.save</c>, as PyTorch Lightning writes them: Python reads what is written here, and what Python
/// wrote is read here. Nothing in a file ever runs; objects of classes that are not known become inert placeholders, which is logged.
/// Files of safetensors and of TorchSharp's modules are read too.
/// </summary>
[Plugin("torch")]
public sealed partial class TorchCheckpointIO : FileCheckpointIO
{
    private readonly ILogger _logger;

    /// <summary>Makes an implementation.</summary>
    /// <param name="storage">Where the files are; null for the local file system.</param>
    /// <param name="logger">What is told of placeholders; null for nobody.</param>
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
