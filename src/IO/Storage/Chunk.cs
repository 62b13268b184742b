namespace Fulgurite.IO.Storage;

/// <summary>A stretch of a file that is written by one call.</summary>
/// <param name="Offset">Where it starts in the file.</param>
/// <param name="Length">Its length in bytes.</param>
/// <param name="FirstPart">The number of the part that it starts in.</param>
/// <param name="IsBody">Whether it lies in one part of memory and can be written from there, without a copy.</param>
internal readonly record struct Chunk(long Offset, int Length, int FirstPart, bool IsBody)
{
    public long End => Offset + Length;
}
