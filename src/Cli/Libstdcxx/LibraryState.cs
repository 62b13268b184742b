namespace Fulgurite.Cli;

/// <summary>The libstdc++ requirement of a library.</summary>
internal enum LibraryState
{
    /// <summary>The library works with GCC 12.</summary>
    Unneeded,

    /// <summary>The library works with GCC 12 because it was adapted.</summary>
    Adapted,

    /// <summary>The library needs one symbol of GCC 13 and can be adapted.</summary>
    Adaptable,

    /// <summary>The library has other or unknown requirements and is not changed.</summary>
    Unexpected,
}
