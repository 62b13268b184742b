namespace Fulgurite.Cli;

/// <summary>The result of a check.</summary>
internal enum Health
{
    /// <summary>Works.</summary>
    Ok,

    /// <summary>Works, with a limitation.</summary>
    Note,

    /// <summary>Was broken and has been repaired.</summary>
    Fixed,

    /// <summary>Does not work.</summary>
    Broken,
}
