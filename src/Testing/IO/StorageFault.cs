namespace Fulgurite.Testing;

/// <summary>Specifies the effect of a <see cref="TornStorage"/> on the next file.</summary>
public enum StorageFault
{
    /// <summary>None: the file is written unchanged.</summary>
    None,

    /// <summary>The process dies during the writes: the save fails, and no file appears.</summary>
    DiesWhileWriting,

    /// <summary>The file is published without its end, as on a file system that ignores fsync.</summary>
    LosesTheEnd,

    /// <summary>The file is published with zeros in place of a write that did not reach the disk.</summary>
    LosesAWrite,

    /// <summary>The file is published with two regions swapped.</summary>
    SwapsWrites,

    /// <summary>The file is published with one flipped bit.</summary>
    FlipsABit,
}
