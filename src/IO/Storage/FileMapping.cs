namespace Fulgurite.IO.Storage;

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
