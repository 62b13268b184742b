namespace Fulgurite.Loggers;

/// <summary>The way a run ended.</summary>
internal enum RunEnd
{
    /// <summary>The run completed, or a callback stopped it.</summary>
    Completed,

    /// <summary>The run was interrupted.</summary>
    Interrupted,

    /// <summary>The run ended with an exception.</summary>
    Failed,
}
