namespace Fulgurite.IO.Async.Capture;

/// <summary>Bytes that are copied in one go.</summary>
/// <param name="Source">Where from.</param>
/// <param name="Target">Where to, from the start of the block.</param>
/// <param name="ByteLength">How many.</param>
/// <param name="HasChecksum">Whether their checksum is wanted as well.</param>
internal readonly record struct CopyPart(nint Source, long Target, long ByteLength, bool HasChecksum);
