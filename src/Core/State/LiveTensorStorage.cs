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

    // Keeps the memory behind the address alive where that is not the tensor's own.
    private Tensor? _hostCopy;

    /// <summary>Reads the properties of a tensor once each: native calls are most of the cost.</summary>
    public LiveTensorStorage(Tensor tensor, ScalarType type, ReadOnlySpan<long> shape, ReadOnlySpan<long> strides)
    {
        _tensor = tensor;
        ByteLength = TensorShape.Extent(shape, strides) * type.ElementByteSize();
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

    /// <summary>The tensor; what is the same tensor shares its memory.</summary>
    public Tensor Tensor => _tensor;

    /// <summary>Whether the bytes are in host memory already, be it in a copy.</summary>
    public bool IsRead
    {
        get
        {
            lock (_gate)
            {
                return _address != 0;
            }
        }
    }

    /// <summary>The extent of the tensor as a row of elements on its device. The caller owns it.</summary>
    public Tensor Row() => _tensor.detach().as_strided([ByteLength / _tensor.dtype.ElementByteSize()], [1], _tensor.storage_offset());

    /// <summary>Reads from a copy in host memory instead of making one.</summary>
    /// <param name="copy">A contiguous tensor on the CPU with the elements of <see cref="Row"/>; kept alive, not owned.</param>
    public void ReadFrom(Tensor copy)
    {
        lock (_gate)
        {
            _hostCopy = copy;
            _address = NativeTensor.AddressOf(copy);
        }
    }

    /// <summary>Whether a description of this memory is that of the tensor itself, and not of a part.</summary>
    public bool IsSeenAs(TensorData tensor) =>
        tensor.StorageOffset == 0 && tensor.Type == _tensor.dtype && tensor.Shape.SequenceEqual(_tensor.shape) && tensor.Strides.SequenceEqual(_tensor.stride());

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
        if (!IsOnHost)
        {
            _hostCopy = Row().cpu().DetachFromDisposeScope();
            return NativeTensor.AddressOf(_hostCopy);
        }

        return NativeTensor.AddressOf(_tensor.detach());
    }
}
