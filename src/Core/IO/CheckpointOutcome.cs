namespace Fulgurite.IO;

/// <summary>How a save ended.</summary>
public enum CheckpointOutcome
{
    /// <summary>It has not ended.</summary>
    Pending,

    /// <summary>It is on storage such that a crash or power cut cannot lose it.</summary>
    Durable,

    /// <summary>A newer save for the same slot took its place before it was written.</summary>
    Superseded,

    /// <summary>It was cancelled before it was written.</summary>
    Cancelled,

    /// <summary>It failed. What was at its path before is intact, unless <see cref="CheckpointException.IsInPlace"/> of the failure is true.</summary>
    Failed,
}
