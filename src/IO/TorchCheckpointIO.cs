using Fulgurite.Composition;
using Fulgurite.IO;
using Fulgurite.State;
using Microsoft.Extensions.Logging;

namespace Fulgurite;

/// <summary>
/// Saves checkpoints in the format of <c>torch.save</c>, like PyTorch Lightning. Python can read the files, and files written by Python can
/// be loaded. No code in a file is ever executed; objects of unknown classes are loaded as inert placeholders, which is logged. Files of
/// safetensors and of TorchSharp modules can be loaded too.
/// </summary>
[Plugin("torch")]
public sealed class TorchCheckpointIO : FileCheckpointIO
{
    private readonly ILogger? _logger;

    /// <summary>Initializes the CheckpointIO.</summary>
    /// <param name="storage">The storage of the files; null for the local file system.</param>
    /// <param name="logger">The logger for placeholders; null to disable logging.</param>
    public TorchCheckpointIO(IStorage? storage = null, ILogger<TorchCheckpointIO>? logger = null)
        : base(storage) => _logger = logger;

    /// <inheritdoc/>
    protected override FileContent Format(TrainingState state) => TorchWriter.Write(state);

    /// <inheritdoc/>
    protected override TrainingState Parse(StorageReader reader, LoadOptions options, CancellationToken cancellationToken) =>
        CheckpointFile.Read(reader, options, _logger, cancellationToken);
}

/// <summary>Adds a <see cref="TorchCheckpointIO"/> to a trainer.</summary>
public static class TorchCheckpointIOBuilderExtensions
{
    /// <summary>Saves checkpoints in the format of <c>torch.save</c>, which is also the default.</summary>
    /// <param name="builder">The trainer.</param>
    public static ITrainerBuilder AddTorchCheckpointIO(this ITrainerBuilder builder) => builder.AddCheckpointIO<TorchCheckpointIO>();
}
