namespace Fulgurite.IO.Storage;

/// <summary>One part of a <see cref="FileContent"/>: bytes, memory, or bytes that are made late.</summary>
/// <param name="Offset">Where it starts in the file.</param>
/// <param name="Length">Its length in bytes.</param>
internal sealed record ContentPart(long Offset, long Length)
{
    public ReadOnlyMemory<byte> Bytes { get; init; }

    public nint Address { get; init; }

    public object? Owner { get; init; }

    public ContentChecksum? Checksum { get; init; }

    public Lazy<ReadOnlyMemory<byte>>? Late { get; init; }

    public long End => Offset + Length;

    /// <summary>Copies a range of a part that is no memory.</summary>
    public void CopyTo(long start, Span<byte> destination)
    {
        var bytes = Late is null ? Bytes : Late.Value;
        if (bytes.Length != Length)
        {
            throw new InvalidOperationException($"A late part of {Length} bytes was filled with {bytes.Length}.");
        }

        bytes.Span.Slice((int)start, destination.Length).CopyTo(destination);
    }
}
