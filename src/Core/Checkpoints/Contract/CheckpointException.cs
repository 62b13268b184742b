namespace Fulgurite;

/// <summary>A checkpoint could not be saved, loaded or removed.</summary>
public class CheckpointException : Exception
{
    /// <summary>Makes an exception.</summary>
    /// <param name="message">What was found, what was expected, and what to do.</param>
    /// <param name="path">The path of the checkpoint.</param>
    /// <param name="innerException">The cause.</param>
    public CheckpointException(string message, string path, Exception? innerException = null)
        : base(message, innerException) => Path = path;

    /// <summary>The path of the checkpoint.</summary>
    public string Path { get; }

    /// <summary>Whether trying again can help (a full disk, a lost connection). Default: false.</summary>
    public bool IsTransient { get; init; }

    /// <summary>
    /// Gets whether the save failed after the new checkpoint had taken its path: it is there and may be loaded, and a power cut may bring back what
    /// was there before, or nothing. False: what was at the path before is intact. Default: false.
    /// </summary>
    public bool IsInPlace { get; init; }
}

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

/// <summary>There is no checkpoint at the path.</summary>
/// <param name="path">The path.</param>
/// <param name="detail">What else is there, or what to do; null for nothing to say.</param>
public sealed class CheckpointNotFoundException(string path, string? detail = null)
    : CheckpointException($"There is no checkpoint at '{path}'.{(detail is null ? string.Empty : " " + detail)}", path)
{
}
