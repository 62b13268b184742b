namespace Fulgurite.Loggers;

/// <summary>How a run ended.</summary>
internal enum RunEnd
{
    /// <summary>It came to its end, or a callback stopped it.</summary>
    Completed,

    /// <summary>It was told to stop.</summary>
    Interrupted,

    /// <summary>An exception ended it.</summary>
    Failed,
}
