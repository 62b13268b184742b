namespace Fulgurite.IO.Storage;

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
