namespace Fulgurite.IO;

/// <summary>The content of a checkpoint is damaged, or is not what its format allows.</summary>
public sealed class CheckpointCorruptException : CheckpointException
{
    /// <summary>Makes an exception.</summary>
    /// <param name="message">What was found, what was expected, and what to do.</param>
    /// <param name="path">The path of the checkpoint.</param>
    /// <param name="innerException">The cause.</param>
    public CheckpointCorruptException(string message, string path, Exception? innerException = null)
        : base(message, path, innerException)
    {
    }

    /// <summary>The path in the state of the tensor that is damaged, where one is.</summary>
    public string? Tensor { get; init; }

    /// <summary>Where in the file the damage is, in bytes, where that is known.</summary>
    public long? Offset { get; init; }
}
