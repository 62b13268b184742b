using Fulgurite.State;

namespace Fulgurite.IO;

/// <summary>Allocates tensor memory. Small tensors share slabs, because an allocation costs more than reading a few kilobytes.</summary>
internal sealed class TensorSlabs
{
    private const int SlabSize = 4 << 20;
    private const int LargestShared = 128 << 10;

    private readonly List<HostTensorStorage> _owned = [];
    private HostTensorStorage? _slab;
    private long _used;

    /// <summary>Allocates memory.</summary>
    public TensorStorage Take(long byteLength)
    {
        if (byteLength > LargestShared)
        {
            return Own(byteLength);
        }

        if (_slab is null || _used + byteLength > SlabSize)
        {
            _slab = Own(SlabSize);
            _used = 0;
        }

        var part = new SlabStorage(_slab, _used, byteLength);
        _used += (byteLength + HostTensorStorage.Alignment - 1) / HostTensorStorage.Alignment * HostTensorStorage.Alignment;
        return part;
    }

    /// <summary>Gets a value indicating whether the memory was released.</summary>
    public bool IsReleased { get; private set; }

    /// <summary>Releases all allocated memory.</summary>
    public void Release()
    {
        IsReleased = true;
        _owned.ForEach(storage => storage.Dispose());
    }

    private HostTensorStorage Own(long byteLength)
    {
        var storage = new HostTensorStorage(byteLength);
        _owned.Add(storage);
        return storage;
    }

    private sealed class SlabStorage(HostTensorStorage slab, long offset, long byteLength) : TensorStorage
    {
        public override long ByteLength { get; } = byteLength;

        public override nint Address => ByteLength == 0 ? 0 : slab.Address + (nint)offset;

        public override bool IsCaptured => true;
    }
}
