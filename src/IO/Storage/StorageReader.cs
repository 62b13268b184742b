namespace Fulgurite.IO;

/// <summary>An open file. Implementations must support concurrent reads.</summary>
/// <param name="path">The path, for messages.</param>
public abstract class StorageReader(string path) : IDisposable
{
    private int _users = 1;

    /// <summary>Gets the path of the file.</summary>
    public string Path { get; } = path;

    /// <summary>Gets the length of the file in bytes, as of opening.</summary>
    public abstract long Length { get; }

    /// <summary>Gets the useful number of concurrent reads.</summary>
    /// <value>The default is 1.</value>
    public virtual int Concurrency => 1;

    /// <summary>Gets a value indicating whether reading bytes again is cheap, such as from the page cache.</summary>
    /// <value>The default is false.</value>
    public virtual bool IsCheapToReread => false;

    /// <summary>Gets the length in bytes of the pieces of a file, at multiples of it, each of which one thread reads.</summary>
    internal virtual int PieceSize => 4 << 20;

    /// <summary>Gets or sets the storage of the file, to open the files that it refers to; null if it is unknown.</summary>
    internal IStorage? Storage { get; set; }

    /// <summary>Fills a buffer from the file.</summary>
    /// <param name="offset">The offset in the file, in bytes.</param>
    /// <param name="destination">The buffer; it is filled completely.</param>
    /// <exception cref="CheckpointCorruptException">The file ends before the end of the range.</exception>
    /// <exception cref="CheckpointException">The read failed.</exception>
    public abstract void Read(long offset, Span<byte> destination);

    /// <summary>Fills a buffer from the file, and computes the checksum of the bytes while they are in the processor cache.</summary>
    /// <param name="offset">The offset in the file, in bytes.</param>
    /// <param name="destination">The buffer; it is filled completely.</param>
    /// <returns>The CRC-32 of the bytes.</returns>
    internal virtual uint ReadChecked(long offset, Span<byte> destination)
    {
        var crc = 0u;
        for (var done = 0; done < destination.Length; done += SmallReads.Largest)
        {
            var part = destination.Slice(done, Math.Min(SmallReads.Largest, destination.Length - done));
            Read(offset + done, part);
            crc = Crc32.Of(part, crc);
        }

        return crc;
    }

    /// <summary>
    /// Maps the whole file into memory; returns null if the storage does not support it. The mapping and its content stay valid after this
    /// reader is disposed and after the file is replaced.
    /// </summary>
    public virtual FileMapping? Map() => null;

    /// <summary>Closes the file once it has no more users.</summary>
    public void Dispose()
    {
        if (Interlocked.Decrement(ref _users) == 0)
        {
            Dispose(true);
            GC.SuppressFinalize(this);
        }
    }

    /// <summary>Adds a user: the file stays open until another call of <see cref="Dispose()"/>.</summary>
    internal void Share() => Interlocked.Increment(ref _users);

    /// <summary>Closes the file.</summary>
    /// <param name="disposing">true if called from <see cref="Dispose()"/>, which is always the case.</param>
    protected abstract void Dispose(bool disposing);

    /// <summary>Creates the exception for a read beyond the end of the file, for implementations.</summary>
    /// <param name="offset">The offset of the read.</param>
    /// <param name="length">The requested length in bytes.</param>
    protected CheckpointCorruptException EndOfFile(long offset, long length) =>
        new(
            $"The checkpoint '{Path}' is truncated: bytes {offset} to {offset + length} were expected, but the file ends at {Length}. "
                + "Load an older one.",
            Path)
        { Offset = offset };
}

/// <summary>A region of a file to be read into memory.</summary>
/// <param name="Offset">The offset in the file.</param>
/// <param name="Address">The address of the memory; zero to read it only for its checksum.</param>
/// <param name="Length">Its length in bytes.</param>
internal readonly record struct FileRead(long Offset, nint Address, long Length)
{
    /// <summary>Gets a value indicating whether nothing compares its checksum, so that none is computed.</summary>
    public bool IsUnchecked { get; init; }
}

/// <summary>A file mapped into private memory: writes to it, such as by an optimizer step, do not reach the file.</summary>
public abstract class FileMapping : IDisposable
{
    /// <summary>Gets the address of the first byte of the file.</summary>
    public abstract nint Address { get; }

    /// <summary>Gets the length in bytes.</summary>
    public abstract long Length { get; }

    /// <summary>Unmaps the file. The memory must not be used afterwards.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Unmaps the file.</summary>
    /// <param name="disposing">true if called from <see cref="Dispose()"/>; false if called by the finalizer.</param>
    protected abstract void Dispose(bool disposing);
}
