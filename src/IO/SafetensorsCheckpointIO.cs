using Fulgurite.Composition;
using Fulgurite.IO;
using Fulgurite.State;
using Microsoft.Extensions.Logging;

namespace Fulgurite;

/// <summary>
/// Saves checkpoints in the safetensors format. Tensors can be read by name from any language, mapped into memory, and written in one
/// stream; the rest of the state is JSON in the metadata. Files of other programs load as a map of their tensors. Torch files and files of
/// TorchSharp modules can be loaded too.
/// </summary>
[Plugin("safetensors")]
public sealed class SafetensorsCheckpointIO : FileCheckpointIO
{
    private readonly ILogger? _logger;

    /// <summary>Initializes the CheckpointIO.</summary>
    /// <param name="storage">The storage of the files; null for the local file system.</param>
    /// <param name="logger">The logger for placeholders; null to disable logging.</param>
    public SafetensorsCheckpointIO(IStorage? storage = null, ILogger<SafetensorsCheckpointIO>? logger = null)
        : base(storage) => _logger = logger;

    /// <inheritdoc/>
    public override string FileExtension => ".safetensors";

    /// <inheritdoc/>
    protected override FileContent Format(TrainingState state) => SafetensorsWriter.Write(state);

    /// <inheritdoc/>
    protected override TrainingState Parse(StorageReader reader, LoadOptions options, CancellationToken cancellationToken) =>
        CheckpointFile.Read(reader, options, _logger, cancellationToken);
}

/// <summary>Adds a <see cref="SafetensorsCheckpointIO"/> to a trainer.</summary>
public static class SafetensorsCheckpointIOBuilderExtensions
{
    /// <summary>Saves checkpoints as safetensors files.</summary>
    /// <param name="builder">The trainer.</param>
    public static ITrainerBuilder AddSafetensorsCheckpointIO(this ITrainerBuilder builder) =>
        builder.AddCheckpointIO<SafetensorsCheckpointIO>();
}
