using System.IO.MemoryMappedFiles;
using Microsoft.Win32.SafeHandles;

namespace Fulgurite.IO;

/// <summary>A reader of a local file.</summary>
internal sealed class LocalReader : StorageReader
{
    private readonly SafeFileHandle _file;

    public LocalReader(string path, SafeFileHandle file, int concurrency)
        : base(path)
    {
        _file = file;
        Concurrency = concurrency;
        Length = RandomAccess.GetLength(file);
    }

    public override long Length { get; }

    public override int Concurrency { get; }

    public override bool IsCheapToReread => true;

    public override void Read(long offset, Span<byte> destination)
    {
        for (var done = 0; done < destination.Length;)
        {
            int count;
            try
            {
                count = RandomAccess.Read(_file, destination[done..], offset + done);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                throw StorageErrors.Describe(exception, Path, "read");
            }

            if (count == 0)
            {
                throw EndOfFile(offset, destination.Length);
            }

            done += count;
        }
    }

    public override FileMapping? Map() => Length == 0 ? null : new LocalMapping(_file, Length);

    protected override void Dispose(bool disposing) => _file.Dispose();
}

/// <summary>A file mapped into memory, copy-on-write.</summary>
internal sealed unsafe class LocalMapping : FileMapping
{
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private byte* _address;

    public LocalMapping(SafeFileHandle file, long length)
    {
        _file = MemoryMappedFile.CreateFromFile(
            file, mapName: null, capacity: 0, MemoryMappedFileAccess.CopyOnWrite, HandleInheritability.None, leaveOpen: true);
        _view = _file.CreateViewAccessor(0, length, MemoryMappedFileAccess.CopyOnWrite);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _address);
        Length = length;
    }

    ~LocalMapping() => Dispose(false);

    public override nint Address => (nint)_address;

    public override long Length { get; }

    protected override void Dispose(bool disposing)
    {
        if (_address is null)
        {
            return;
        }

        // Without this, the reference count of the handle never drops to zero, and the file is never unmapped; a handle is finalized after
        // its users.
        _address = null;
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        if (disposing)
        {
            _view.Dispose();
            _file.Dispose();
        }
    }
}
