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
    private nint _address;
    private Tensor? _hostCopy;

    public LiveTensorStorage(Tensor tensor)
    {
        _tensor = tensor;
        ByteLength = TensorShape.Extent(tensor.shape, tensor.stride()) * tensor.dtype.ElementByteSize();
        IsOnHost = tensor.device_type == DeviceType.CPU;
    }

    public override long ByteLength { get; }

    public override bool IsCaptured => false;

    /// <summary>Whether the tensor lies in host memory, so that reading it needs no copy.</summary>
    public bool IsOnHost { get; }

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

    private nint FindAddress()
    {
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

        unsafe
        {
            return (nint)System.Runtime.CompilerServices.Unsafe.AsPointer(ref MemoryMarshal.GetReference(flat.bytes));
        }
    }
}
