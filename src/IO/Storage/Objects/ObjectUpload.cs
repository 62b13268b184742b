using System.Runtime.InteropServices;

namespace Fulgurite.IO;

/// <summary>What a store reports about an object.</summary>
/// <param name="Length">Its length in bytes.</param>
/// <param name="Version">The opaque identifier of its content (ETag).</param>
/// <param name="WriteId">The identifier that was specified by the writer; null if it has none.</param>
/// <param name="Checksum">The CRC-32 of the whole object; null if the store has none.</param>
public sealed record ObjectInfo(long Length, string Version, string? WriteId, uint? Checksum = null);

/// <summary>An upload in parts. The object becomes visible in <see cref="CompleteAsync"/>, at once and whole.</summary>
public abstract class ObjectUpload
{
    /// <summary>Uploads a part with a checksum that the store verifies. Called by several threads; the parts come in any order.</summary>
    /// <param name="index">The index of the part, from 0.</param>
    /// <param name="bytes">The bytes, valid until the task completes; the stream can seek.</param>
    /// <param name="checksum">The CRC-32 of the bytes.</param>
    /// <param name="cancellationToken">A token to cancel the operation.</param>
    public abstract Task WritePartAsync(int index, Stream bytes, uint checksum, CancellationToken cancellationToken);

    /// <summary>Publishes the object, atomically. Called once, after all parts.</summary>
    /// <param name="checksum">The CRC-32 of the whole object.</param>
    /// <param name="cancellationToken">A token to cancel the operation.</param>
    public abstract Task CompleteAsync(uint checksum, CancellationToken cancellationToken);

    /// <summary>Discards the parts. Called after a failure, also of <see cref="CompleteAsync"/>.</summary>
    /// <param name="cancellationToken">A token to cancel the operation.</param>
    public abstract Task AbortAsync(CancellationToken cancellationToken);
}

/// <summary>How an object is written.</summary>
/// <param name="Path">The URL of the object.</param>
/// <param name="Length">Its length in bytes.</param>
/// <param name="WriteId">A unique identifier, stored with the object.</param>
/// <param name="MustBeNew">Whether the write must fail if the object exists when it is published.</param>
public sealed record ObjectWrite(string Path, long Length, string WriteId, bool MustBeNew);

/// <summary>Uploads each piece of a content as a part, from the memory that holds it.</summary>
internal sealed class ObjectTarget(ObjectUpload upload, long length, int pieceSize, CancellationToken cancellationToken) : IContentTarget
{
    private uint _checksum;

    public int Alignment => 1;

    public int PieceSize => pieceSize;

    /// <summary>Gets the CRC-32 of the whole object, once all pieces are written.</summary>
    public uint Checksum => _checksum;

    public void Write(long offset, ReadOnlySpan<byte> bytes) => WritePiece(offset, bytes, Crc32.Of(bytes));

    public unsafe void WritePiece(long offset, ReadOnlySpan<byte> bytes, uint checksum)
    {
        ContentChecksums.Merge(ref _checksum, Crc32.Shift(checksum, length - offset - bytes.Length));
        fixed (byte* address = &MemoryMarshal.GetReference(bytes))
        {
            using var stream = new UnmanagedMemoryStream(address, bytes.Length);
            upload.WritePartAsync((int)(offset / pieceSize), stream, checksum, cancellationToken).GetAwaiter().GetResult();
        }
    }
}
