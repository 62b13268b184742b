namespace Fulgurite.IO.Storage;

/// <summary>Makes bytes of a <see cref="FileContent"/> that can be known only when memory was read: those that hold its checksums.</summary>
public interface ILateBytes
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
