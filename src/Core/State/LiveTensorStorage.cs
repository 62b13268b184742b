using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulgurite.State;

/// <summary>
/// The memory of a live <see cref="Tensor"/>, from its first element to its last, seen without a copy. Whoever trains may
/// still change it.
/// </summary>
/// <remarks>
/// Only the extent of the tensor is seen, not the whole storage that it may be a small view of. That several live tensors share
/// memory shows in that their extents overlap (<see cref="StorageLayout"/>).
/// </remarks>
internal sealed class LiveTensorStorage : TensorStorage
{
    private readonly Lock _gate = new();
    private readonly Tensor _tensor;
    private readonly bool _isContiguous;
    private nint _address;
    private Tensor? _hostCopy;

    public LiveTensorStorage(Tensor tensor)
    {
        _tensor = tensor;
        var (shape, strides) = (tensor.shape, tensor.stride());
        ByteLength = TensorShape.Extent(shape, strides) * tensor.dtype.ElementByteSize();
        _isContiguous = TensorShape.IsContiguous(shape, strides);
        IsOnHost = tensor.device_type == DeviceType.CPU;
    }

    public override long ByteLength { get; }

    public override bool IsCaptured => false;

    public override bool IsOnHost { get; }

    public override nint Address
    {
        get
        {
            if (ByteLength == 0)
            {
                return 0;
            }

            lock (_gate)
            {
                return _address != 0 ? _address : _address = FindAddress();
            }
        }
    }

    public override IDisposable Hold()
    {
        // A tensor of its own on the same memory; it outlives the scope that the caller happens to be in.
        using var _ = no_grad();
        return _tensor.detach().DetachFromDisposeScope();
    }

    private unsafe nint FindAddress()
    {
        if (_isContiguous && IsOnHost && ByteLength <= int.MaxValue)
        {
            return (nint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(_tensor.bytes));
        }

        using var _ = no_grad();
        using var scope = NewDisposeScope();

        // A window of one element works for every shape, stride and size; asking for all bytes works for few.
        var flat = _tensor.detach().as_strided([1], [1], _tensor.storage_offset());
        if (!IsOnHost)
        {
            var extent = ByteLength / _tensor.dtype.ElementByteSize();
            _hostCopy = _tensor.detach().as_strided([extent], [1], _tensor.storage_offset()).cpu().DetachFromDisposeScope();
            flat = _hostCopy.narrow(0, 0, 1);
        }

        return (nint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(flat.bytes));
    }
}
