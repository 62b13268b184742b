namespace Fulgurite.Testing;

/// <summary>What a <see cref="TornStorage"/> does to the next file.</summary>
public enum StorageFault
{
    /// <summary>Nothing: the file is written as it is.</summary>
    None,

    /// <summary>The process dies in the middle of the writes: the save fails and nothing is seen of it.</summary>
    DiesWhileWriting,

    /// <summary>A file system that lies about syncing: the name is there and the end of the file is not.</summary>
    LosesTheEnd,

    /// <summary>The name is there and one of the writes never reached the disk: zeros are in its place.</summary>
    LosesAWrite,

    /// <summary>The name is there and two stretches of the file changed places.</summary>
    SwapsWrites,

    /// <summary>The name is there and one bit of the file is another.</summary>
    FlipsABit,
}
