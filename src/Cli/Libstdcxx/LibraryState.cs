namespace Fulgurite.Cli;

/// <summary>What a library needs of libstdc++.</summary>
internal enum LibraryState
{
    /// <summary>Nothing that GCC 12 lacks.</summary>
    Unneeded,

    /// <summary>Nothing that GCC 12 lacks, because it was adapted.</summary>
    Adapted,

    /// <summary>One symbol of GCC 13; it can be adapted.</summary>
    Adaptable,

    /// <summary>Unknown, or more than that; it is left alone.</summary>
    Unexpected,
}
