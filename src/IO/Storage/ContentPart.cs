namespace Fulgurite.IO;

/// <summary>One part of a <see cref="FileContent"/>: bytes, memory, or deferred bytes.</summary>
/// <param name="Offset">The offset in the file.</param>
/// <param name="Length">Its length in bytes.</param>
/// <param name="Address">The address of its memory; zero for other parts.</param>
/// <param name="Number">The checksum number of memory, or the part number passed to the source of deferred bytes.</param>
/// <param name="Source">The owner of the memory, the source of deferred bytes, or the bytes.</param>
internal readonly record struct ContentPart(long Offset, long Length, nint Address, int Number, object? Source)
{
    public long End => Offset + Length;

    public bool IsMemory => Address != 0;

    public bool IsLate => Source is IDeferredPart && !IsMemory;
}

/// <summary>Produces the bytes of a <see cref="FileContent"/> that depend on checksums of its memory.</summary>
public interface IDeferredPart
{
    /// <summary>
    /// Writes a range of one part: the whole part, unless the file is written in pieces that end within it. May be called several times for
    /// the same range and from any thread, and must produce the same bytes each time.
    /// </summary>
    /// <param name="part">The number passed when the part was added.</param>
    /// <param name="start">The offset in the part, in bytes.</param>
    /// <param name="destination">The buffer to fill.</param>
    void Write(int part, int start, Span<byte> destination);
}

/// <summary>A region of a file that is written with one call.</summary>
/// <param name="Offset">The offset in the file.</param>
/// <param name="Length">Its length in bytes.</param>
/// <param name="FirstPart">The index of the part in which it starts.</param>
/// <param name="IsBody">Whether it lies within one memory part and can be written from there without a copy.</param>
internal readonly record struct Chunk(long Offset, int Length, int FirstPart, bool IsBody)
{
    public long End => Offset + Length;
}

/// <summary>The unpublished file that a <see cref="FileContent"/> is written to, in any order and by several threads.</summary>
public interface IContentTarget
{
    /// <summary>
    /// Gets the required alignment of all offsets, lengths and memory addresses; 1 if there is none. If it is larger, the last write is
    /// padded with zeros, which the target removes afterwards.
    /// </summary>
    int Alignment { get; }

    /// <summary>
    /// Gets the size of the pieces of a target that is assembled from numbered pieces: each write is then one piece, which starts at a
    /// multiple of the size, and only the last is shorter. 0 if writes may have any size.
    /// </summary>
    /// <value>The default is 0. A positive size requires an <see cref="Alignment"/> of 1.</value>
    int PieceSize => 0;

    /// <summary>Writes bytes at an offset.</summary>
    /// <param name="offset">The offset in the file.</param>
    /// <param name="bytes">The bytes to write; all of them are written.</param>
    void Write(long offset, ReadOnlySpan<byte> bytes);

    /// <summary>Writes one piece. Called in place of <see cref="Write"/> if <see cref="PieceSize"/> is positive.</summary>
    /// <param name="offset">The offset in the file.</param>
    /// <param name="bytes">The bytes to write; all of them are written.</param>
    /// <param name="checksum">The CRC-32 of the bytes, computed from the captured memory.</param>
    void WritePiece(long offset, ReadOnlySpan<byte> bytes, uint checksum) => Write(offset, bytes);
}
