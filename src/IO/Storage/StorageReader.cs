namespace Fulgurite.IO;

/// <summary>An open file. It may be read from several threads at once.</summary>
/// <param name="path">Its path, for messages.</param>
public abstract class StorageReader(string path) : IDisposable
{
    private int _users = 1;

    /// <summary>The path that was opened.</summary>
    public string Path { get; } = path;

    /// <summary>The length in bytes when the file was opened.</summary>
    public abstract long Length { get; }

    /// <summary>How many reads at once are worth while. Default: 1.</summary>
    public virtual int Concurrency => 1;

    /// <summary>Gets whether reading bytes a second time costs little, as it does where the page cache holds them.</summary>
    /// <value>Default: false.</value>
    public virtual bool IsCheapToReread => false;

    /// <summary>Reads exactly as many bytes as the destination takes.</summary>
    /// <param name="offset">Where to start, in bytes.</param>
    /// <param name="destination">What to fill.</param>
    /// <exception cref="CheckpointCorruptException">The file ends before that.</exception>
    /// <exception cref="CheckpointException">Reading failed.</exception>
    public abstract void Read(long offset, Span<byte> destination);

    /// <summary>
    /// The whole file as memory that is read when it is touched, or null where this storage cannot do that. It stays valid, with the
    /// content that the file has now, after this reader is disposed and after another file took its path.
    /// </summary>
    public virtual FileMapping? Map() => null;

    /// <summary>Closes the file, once nobody uses it any more.</summary>
    public void Dispose()
    {
        if (Interlocked.Decrement(ref _users) == 0)
        {
            Dispose(true);
            GC.SuppressFinalize(this);
        }
    }

    /// <summary>Keeps the file open until <see cref="Dispose()"/> was called once more.</summary>
    internal void Share() => Interlocked.Increment(ref _users);

    /// <summary>Closes the file.</summary>
    /// <param name="disposing">Always true.</param>
    protected abstract void Dispose(bool disposing);

    /// <summary>For implementations: what to throw where a read leaves the file.</summary>
    /// <param name="offset">Where the read started.</param>
    /// <param name="length">How many bytes it wanted.</param>
    protected CheckpointCorruptException EndOfFile(long offset, long length) =>
        new($"The checkpoint '{Path}' is cut off: bytes {offset} to {offset + length} were expected and it ends at {Length}. Load an older one.", Path) { Offset = offset };
}

/// <summary>A stretch of a file that is to be read into memory.</summary>
/// <param name="Offset">Where it starts in the file.</param>
/// <param name="Address">Where the memory starts.</param>
/// <param name="Length">Its length in bytes.</param>
internal readonly record struct FileRead(long Offset, nint Address, long Length);

/// <summary>A file as memory. The memory is private: a write to it, such as by an optimizer step, never reaches the file.</summary>
public abstract class FileMapping : IDisposable
{
    /// <summary>Where the first byte of the file is.</summary>
    public abstract nint Address { get; }

    /// <summary>The length in bytes.</summary>
    public abstract long Length { get; }

    /// <summary>Gives the memory back; nothing may use it any more.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Gives the memory back.</summary>
    /// <param name="disposing">False when the garbage collector calls.</param>
    protected abstract void Dispose(bool disposing);
}
