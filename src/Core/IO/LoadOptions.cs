namespace Fulgurite.IO;

/// <summary>How one checkpoint is loaded.</summary>
public sealed record LoadOptions
{
    /// <summary>Whether checksums are checked. Default: true.</summary>
    public bool Verify { get; init; } = true;

    /// <summary>What a custom implementation wants to be told. Default: null.</summary>
    public StorageOptions? Storage { get; init; }
}
