namespace Fulgurite.IO;

/// <summary>
/// What a format wants a file to hold, part after part, before any of it is written: bytes, memory of tensors that is not copied, and
/// headers that hold checksums of that memory and so can be filled in only when it was read.
/// </summary>
/// <remarks>
/// A storage may write the parts in any order and from several threads, and reads the memory once: checksums that are not known yet are
/// computed in that same pass. A content is written once.
/// </remarks>
public sealed class FileContent
{
    private readonly List<ContentPart> _parts;

    /// <summary>Makes an empty content.</summary>
    public FileContent()
        : this(0)
    {
    }

    /// <summary>Makes an empty content.</summary>
    /// <param name="parts">How many parts it will have, as far as that is known.</param>
    internal FileContent(int parts) => _parts = new List<ContentPart>(parts);

    /// <summary>The length of the file so far, in bytes.</summary>
    public long Length { get; private set; }

    internal List<ContentPart> Parts => _parts;

    internal ContentChecksums Checksums { get; } = new();

    /// <summary>Where the first part starts that needs everything before it; the greatest number if there is none.</summary>
    internal long TailOffset { get; private set; } = long.MaxValue;

    /// <summary>Adds bytes.</summary>
    /// <param name="bytes">The bytes; not copied, so they must not change.</param>
    public void Add(byte[] bytes)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        Append(bytes.Length, 0, 0, bytes);
    }

    /// <summary>Adds bytes that an array starts with.</summary>
    internal void Add(byte[] bytes, int length) => Append(length, 0, 0, bytes);

    /// <summary>Adds memory, which is read when the file is written and must not change until then.</summary>
    /// <param name="address">Where it starts.</param>
    /// <param name="length">Its length in bytes.</param>
    /// <param name="owner">What keeps the memory alive.</param>
    /// <param name="checksum">Its CRC-32 where that is known, so that nobody has to compute it; otherwise null.</param>
    /// <returns>The number of its checksum.</returns>
    public int AddMemory(nint address, long length, object owner, uint? checksum = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentNullException.ThrowIfNull(owner);
        if (TailOffset != long.MaxValue)
        {
            throw new InvalidOperationException("Memory cannot come after a part that holds checksums of what is before it.");
        }

        var number = Checksums.Add(length, checksum);
        Append(length, address, number, owner);
        return number;
    }

    /// <summary>Adds bytes that hold checksums of memory that comes later in the file.</summary>
    /// <param name="length">How many.</param>
    /// <param name="maker">Makes them.</param>
    /// <param name="part">What to tell the maker.</param>
    public void AddLate(int length, IDeferredPart maker, int part)
    {
        ArgumentNullException.ThrowIfNull(maker);
        Append(length, 0, part, maker);
    }

    /// <summary>Adds bytes that hold checksums of memory that comes earlier in the file. Memory cannot be added any more.</summary>
    /// <param name="length">How many.</param>
    /// <param name="maker">Makes them.</param>
    /// <param name="part">What to tell the maker.</param>
    public void AddTail(int length, IDeferredPart maker, int part)
    {
        TailOffset = Math.Min(TailOffset, Length);
        AddLate(length, maker, part);
    }

    /// <summary>The CRC-32 of memory; waits where other threads are still reading it. For makers of late bytes.</summary>
    /// <param name="number">Its number.</param>
    /// <exception cref="OperationCanceledException">The file is not written after all.</exception>
    public uint GetChecksum(int number) => Checksums.Get(number);

    /// <summary>Writes all of it, for implementations of <see cref="IStorage"/>.</summary>
    /// <param name="target">What to write to.</param>
    /// <param name="threads">How many writes may be in flight.</param>
    /// <param name="cancellationToken">Gives up between two writes.</param>
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
