using System.Runtime.InteropServices;

namespace Fulgurite.IO;

/// <summary>Uploads each piece of a content as a part, from the memory that holds it.</summary>
internal sealed class ObjectTarget(ObjectUpload upload, int pieceSize, CancellationToken cancellationToken) : IContentTarget
{
    public int Alignment => 1;

    public int PieceSize => pieceSize;

    public unsafe void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* address = &MemoryMarshal.GetReference(bytes))
        {
            using var stream = new UnmanagedMemoryStream(address, bytes.Length);
            upload.WritePartAsync((int)(offset / pieceSize), stream, cancellationToken).GetAwaiter().GetResult();
        }
    }
}
