namespace Fulgurite.Cli;

/// <summary>How a check ended.</summary>
internal enum Health
{
    /// <summary>Works.</summary>
    Ok,

    /// <summary>Works, with a limit that is worth knowing.</summary>
    Note,

    /// <summary>Was broken and was repaired.</summary>
    Fixed,

    /// <summary>Does not work.</summary>
    Broken,
}
