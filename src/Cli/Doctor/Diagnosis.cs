namespace Fulgurite.Cli;

/// <summary>The result of a check.</summary>
/// <param name="Check">What was checked.</param>
/// <param name="Health">How the check ended.</param>
/// <param name="Finding">What was found.</param>
/// <param name="Remedy">What to do; null for nothing.</param>
internal sealed record Diagnosis(string Check, Health Health, string Finding, string? Remedy = null)
{
    public JsonObject ToJson() => new()
    {
        ["check"] = Check,
        ["health"] = Health.ToString().ToLowerInvariant(),
        ["finding"] = Finding,
        ["remedy"] = Remedy,
    };
}

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
