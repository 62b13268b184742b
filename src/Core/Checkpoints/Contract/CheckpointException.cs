namespace Fulgurite;

/// <summary>The exception that is thrown when a checkpoint cannot be saved, loaded or removed.</summary>
public class CheckpointException : Exception
{
    /// <summary>Initializes a new instance of the <see cref="CheckpointException"/> class.</summary>
    /// <param name="message">The message, with what was found, what was expected, and the remedy.</param>
    /// <param name="path">The path of the checkpoint.</param>
    /// <param name="innerException">The cause.</param>
    public CheckpointException(string message, string path, Exception? innerException = null)
        : base(message, innerException) => Path = path;

    /// <summary>Gets the path of the checkpoint.</summary>
    public string Path { get; }

    /// <summary>Gets a value that indicates whether a retry can succeed (full disk, lost connection).</summary>
    /// <value>The default is false.</value>
    public bool IsTransient { get; init; }

    /// <summary>
    /// Gets a value that indicates whether the save failed after the new checkpoint was moved to its path. If true, the new checkpoint can
    /// be loaded, but after a power failure the path may contain the previous checkpoint or nothing; or, as the message then says, an
    /// object store has damaged it. If false, the previous content of the
    /// path is intact.
    /// </summary>
    /// <value>The default is false.</value>
    public bool IsInPlace { get; init; }
}

/// <summary>The exception that is thrown when the content of a checkpoint is corrupt or violates its format.</summary>
public sealed class CheckpointCorruptException : CheckpointException
{
    /// <summary>Initializes a new instance of the <see cref="CheckpointCorruptException"/> class.</summary>
    /// <param name="message">The message, with what was found, what was expected, and the remedy.</param>
    /// <param name="path">The path of the checkpoint.</param>
    /// <param name="innerException">The cause.</param>
    public CheckpointCorruptException(string message, string path, Exception? innerException = null)
        : base(message, path, innerException)
    {
    }

    /// <summary>Gets the path of the corrupt tensor in the state, if a tensor is affected.</summary>
    public string? Tensor { get; init; }

    /// <summary>Gets the offset of the corruption in the file, in bytes, if known.</summary>
    public long? Offset { get; init; }
}

/// <summary>The exception that is thrown when there is no checkpoint at a path.</summary>
/// <param name="path">The path.</param>
/// <param name="detail">What exists instead, or the remedy; null for none.</param>
public sealed class CheckpointNotFoundException(string path, string? detail = null)
    : CheckpointException($"There is no checkpoint at '{path}'.{(detail is null ? string.Empty : " " + detail)}", path)
{
}
