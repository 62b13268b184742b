namespace Fulgurite.IO.Storage;

/// <summary>
/// What a format wants a file to hold, part after part, before any of it is written: bytes, memory of tensors that is not copied, and
/// headers that hold checksums of that memory and so can be filled in only when it was read.
/// </summary>
/// <remarks>
/// A storage may write the parts in any order and from several threads, and reads the memory once: checksums are computed in that same
/// pass. A content is written once.
/// </remarks>
public sealed class FileContent
{
    private readonly List<ContentPart> _parts = [];

    /// <summary>The length of the file so far, in bytes.</summary>
    public long Length { get; private set; }

    internal IReadOnlyList<ContentPart> Parts => _parts;

    /// <summary>The gate that whoever waits for a checksum waits on.</summary>
    internal ChecksumGate Gate { get; } = new();

    /// <summary>Where the first part starts that needs everything before it; the end if there is none.</summary>
    internal long TailOffset { get; private set; } = long.MaxValue;

    /// <summary>Adds bytes.</summary>
    /// <param name="bytes">The bytes; not copied, so they must not change.</param>
    public void Add(ReadOnlyMemory<byte> bytes)
    {
        if (!bytes.IsEmpty)
        {
            Append(new ContentPart(Length, bytes.Length) { Bytes = bytes });
        }
    }

    /// <summary>Adds memory, which is read when the file is written and must not change until then.</summary>
    /// <param name="address">Where it starts.</param>
    /// <param name="length">Its length in bytes.</param>
    /// <param name="owner">What keeps the memory alive.</param>
    /// <returns>Its checksum, once it was read.</returns>
    public ContentChecksum AddMemory(nint address, long length, object owner)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentNullException.ThrowIfNull(owner);
        var checksum = new ContentChecksum(length, Gate);
        if (length > 0)
        {
            Append(new ContentPart(Length, length) { Address = address, Owner = owner, Checksum = checksum });
        }

        return checksum;
    }

    /// <summary>Adds bytes that hold checksums of memory that comes later in the file.</summary>
    /// <param name="length">How many.</param>
    /// <param name="fill">Makes them; called once, when those checksums are known or about to be.</param>
    public void AddLate(int length, Func<ReadOnlyMemory<byte>> fill) => Append(new ContentPart(Length, length) { Late = new Lazy<ReadOnlyMemory<byte>>(fill) });

    /// <summary>Adds bytes that hold checksums of memory that comes earlier in the file. Memory cannot be added any more.</summary>
    /// <param name="length">How many.</param>
    /// <param name="fill">Makes them; called once, when those checksums are known or about to be.</param>
    public void AddTail(int length, Func<ReadOnlyMemory<byte>> fill)
    {
        TailOffset = Math.Min(TailOffset, Length);
        AddLate(length, fill);
    }

    /// <summary>Writes all of it, for implementations of <see cref="IStorage"/>.</summary>
    /// <param name="target">What to write to.</param>
    /// <param name="threads">How many writes may be in flight.</param>
    /// <param name="cancellationToken">Gives up between two writes.</param>
    public void WriteTo(IContentTarget target, int threads, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        new ContentWriter(this, target, cancellationToken).Write(threads);
    }

    private void Append(ContentPart part)
    {
        if (Length >= TailOffset && part.Late is null && part.Address != 0)
        {
            throw new InvalidOperationException("Memory cannot come after a part that holds checksums of what is before it.");
        }

        _parts.Add(part);
        Length = checked(Length + part.Length);
    }
}
