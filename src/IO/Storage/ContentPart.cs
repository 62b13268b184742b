namespace Fulgurite.IO;

/// <summary>One part of a <see cref="FileContent"/>: bytes, memory, or bytes that are made late.</summary>
/// <param name="Offset">Where it starts in the file.</param>
/// <param name="Length">Its length in bytes.</param>
/// <param name="Address">Where its memory is; zero for other parts.</param>
/// <param name="Number">The number of its checksum for memory, the number that its maker knows it by for late bytes.</param>
/// <param name="Source">What keeps memory alive, what makes late bytes, or the bytes.</param>
internal readonly record struct ContentPart(long Offset, long Length, nint Address, int Number, object? Source)
{
    public long End => Offset + Length;

    public bool IsMemory => Address != 0;

    public bool IsLate => Source is IDeferredPart && !IsMemory;
}

/// <summary>Makes bytes of a <see cref="FileContent"/> that can be known only when memory was read: those that hold its checksums.</summary>
public interface IDeferredPart
{
    /// <summary>
    /// Writes bytes of one part: all, or where a file is written in stretches and one ends within the part, some. May be called more than
    /// once for the same bytes, by any thread, and writes the same each time.
    /// </summary>
    /// <param name="part">The number that was given with the part.</param>
    /// <param name="start">How many bytes of the part come before those that are wanted.</param>
    /// <param name="destination">As many bytes as are wanted.</param>
    void Write(int part, int start, Span<byte> destination);
}

/// <summary>A stretch of a file that is written by one call.</summary>
/// <param name="Offset">Where it starts in the file.</param>
/// <param name="Length">Its length in bytes.</param>
/// <param name="FirstPart">The number of the part that it starts in.</param>
/// <param name="IsBody">Whether it lies in one part of memory and can be written from there, without a copy.</param>
internal readonly record struct Chunk(long Offset, int Length, int FirstPart, bool IsBody)
{
    public long End => Offset + Length;
}

/// <summary>What a <see cref="FileContent"/> is written to: a file that nobody sees yet, written in any order by several threads.</summary>
public interface IContentTarget
{
    /// <summary>
    /// What every offset, length and memory address must be a multiple of: 1 for none. Where it is more, the last write is filled up with
    /// zeros, and the target cuts them off afterwards.
    /// </summary>
    int Alignment { get; }

    /// <summary>Writes all of the bytes.</summary>
    /// <param name="offset">Where in the file.</param>
    /// <param name="bytes">What.</param>
    void Write(long offset, ReadOnlySpan<byte> bytes);
}
