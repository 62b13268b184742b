namespace Fulgurite.IO.Storage;

/// <summary>Makes bytes of a <see cref="FileContent"/> that can be known only when memory was read: those that hold its checksums.</summary>
public interface ILateBytes
{
    /// <summary>Writes the bytes of one part. May be called more than once for it, by any thread, and writes the same each time.</summary>
    /// <param name="part">The number that was given with the part.</param>
    /// <param name="destination">As many bytes as the part was said to have.</param>
    void Write(int part, Span<byte> destination);
}
