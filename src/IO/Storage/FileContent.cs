namespace Fulgurite.IO;

/// <summary>
/// The content of a file to be written, part by part: bytes, tensor memory that is not copied, and headers with checksums of that memory,
/// which are filled in once the memory has been read.
/// </summary>
/// <remarks>
/// A storage may write the parts in any order and from several threads. Memory is read once; unknown checksums are computed in the same
/// pass. A content can be written only once.
/// </remarks>
public sealed class FileContent
{
    private readonly List<ContentPart> _parts;

    /// <summary>Initializes an empty content.</summary>
    public FileContent()
        : this(0)
    {
    }

    /// <summary>Initializes an empty content.</summary>
    /// <param name="parts">The expected number of parts.</param>
    internal FileContent(int parts) => _parts = new List<ContentPart>(parts);

    /// <summary>Gets the current length of the file, in bytes.</summary>
    public long Length { get; private set; }

    internal List<ContentPart> Parts => _parts;

    internal ContentChecksums Checksums { get; } = new();

    /// <summary>
    /// Gets the offset of the first part that depends on everything before it; <see cref="long.MaxValue"/> if there is none.
    /// </summary>
    internal long TailOffset { get; private set; } = long.MaxValue;

    /// <summary>Adds bytes.</summary>
    /// <param name="bytes">The bytes; they are not copied and must not change.</param>
    public void Add(byte[] bytes)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        Append(bytes.Length, 0, 0, bytes);
    }

    /// <summary>Adds the first bytes of an array.</summary>
    internal void Add(byte[] bytes, int length) => Append(length, 0, 0, bytes);

    /// <summary>Adds memory, which is read when the file is written and must not change until then.</summary>
    /// <param name="address">The address of the memory.</param>
    /// <param name="length">Its length in bytes.</param>
    /// <param name="owner">An object that keeps the memory alive.</param>
    /// <param name="checksum">The CRC-32 if it is already known; null to compute it while writing.</param>
    /// <returns>The number of its checksum, for <see cref="GetChecksum"/>.</returns>
    public int AddMemory(nint address, long length, object owner, uint? checksum = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentNullException.ThrowIfNull(owner);
        if (TailOffset != long.MaxValue)
        {
            throw new InvalidOperationException(
                "Memory cannot be added after a part with checksums of earlier memory (AddTail). Add all memory first.");
        }

        var number = Checksums.Add(length, checksum);
        Append(length, address, number, owner);
        return number;
    }

    /// <summary>Adds bytes that contain checksums of memory later in the file.</summary>
    /// <param name="length">The length in bytes.</param>
    /// <param name="maker">The source of the bytes.</param>
    /// <param name="part">The part number passed to <paramref name="maker"/>.</param>
    public void AddLate(int length, IDeferredPart maker, int part)
    {
        ArgumentNullException.ThrowIfNull(maker);
        Append(length, 0, part, maker);
    }

    /// <summary>Adds bytes that contain checksums of memory earlier in the file. No memory can be added after them.</summary>
    /// <param name="length">The length in bytes.</param>
    /// <param name="maker">The source of the bytes.</param>
    /// <param name="part">The part number passed to <paramref name="maker"/>.</param>
    public void AddTail(int length, IDeferredPart maker, int part)
    {
        TailOffset = Math.Min(TailOffset, Length);
        AddLate(length, maker, part);
    }

    /// <summary>Returns the CRC-32 of memory, for sources of deferred bytes. Blocks while other threads still read the memory.</summary>
    /// <param name="number">The number of the checksum.</param>
    /// <exception cref="OperationCanceledException">The write was aborted.</exception>
    public uint GetChecksum(int number) => Checksums.Get(number);

    /// <summary>Writes the content to a target. Called by implementations of <see cref="IStorage"/>.</summary>
    /// <param name="target">The target.</param>
    /// <param name="threads">The maximum number of concurrent writes.</param>
    /// <param name="cancellationToken">A token to cancel the operation between two writes.</param>
    public void WriteTo(IContentTarget target, int threads, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        Checksums.Start();
        new ContentWriter(this, target, cancellationToken).Write(threads);
    }

    private void Append(long length, nint address, int number, object source)
    {
        if (length > 0)
        {
            _parts.Add(new ContentPart(Length, length, address, number, source));
            Length = checked(Length + length);
        }
    }
}
