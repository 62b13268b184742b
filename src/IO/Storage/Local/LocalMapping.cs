using System.IO.MemoryMappedFiles;
using Microsoft.Win32.SafeHandles;

namespace Fulgurite.IO;

/// <summary>A file mapped into memory, copy-on-write.</summary>
internal sealed unsafe class LocalMapping : FileMapping
{
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private byte* _address;

    public LocalMapping(SafeFileHandle file, long length)
    {
        _file = MemoryMappedFile.CreateFromFile(file, mapName: null, capacity: 0, MemoryMappedFileAccess.CopyOnWrite, HandleInheritability.None, leaveOpen: true);
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
