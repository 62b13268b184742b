namespace Fulgurite;

/// <summary>A capability of a <see cref="CheckpointIO"/>: it knows what checkpoints take on storage and how much room is left there.</summary>
/// <remarks>Found with <see cref="CheckpointIO.GetCapability{T}"/>. May be used from any thread.</remarks>
public interface ICheckpointSizes
{
    /// <summary>What a checkpoint takes on storage, in bytes.</summary>
    /// <param name="path">Which.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="CheckpointNotFoundException">There is none.</exception>
    Task<long> GetByteLengthAsync(string path, CancellationToken cancellationToken);

    /// <summary>How many bytes a checkpoint at a path could take before storage is full; null where that is not known.</summary>
    /// <param name="path">Where; it need not exist.</param>
    long? GetAvailableBytes(string path);
}
