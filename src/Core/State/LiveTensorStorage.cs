using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulgurite.State;

/// <summary>
/// The memory of a live <see cref="Tensor"/>, from its first element to its last, accessed without a copy. Training may still change
/// the content.
/// </summary>
/// <remarks>
/// Covers only the extent of the tensor, not the entire underlying storage. Live tensors that share memory are detected by their
/// overlapping extents (<see cref="StorageLayout"/>).
/// </remarks>
internal sealed class LiveTensorStorage : TensorStorage
{
    /// <summary>Held while a copy in host memory is made; null for host memory, whose address each thread may find.</summary>
    private readonly Lock? _gate;
    private readonly Tensor _tensor;
    private readonly bool _isContiguous;
    private nint _address;

    // Keeps the memory at the address alive if it is not the tensor's own.
    private Tensor? _hostCopy;

    /// <summary>Reads each property of the tensor once, because native calls dominate the cost.</summary>
    public LiveTensorStorage(Tensor tensor, ScalarType type, ReadOnlySpan<long> shape, ReadOnlySpan<long> strides, DeviceType device)
    {
        _tensor = tensor;
        ByteLength = TensorShape.Extent(shape, strides) * type.ElementByteSize();
        _isContiguous = TensorShape.IsContiguous(shape, strides);
        IsOnHost = device == DeviceType.CPU;
        _gate = IsOnHost ? null : new Lock();
    }

    /// <summary>Describes a contiguous tensor whose length is known.</summary>
    public LiveTensorStorage(Tensor tensor, long byteLength, DeviceType device)
    {
        (_tensor, ByteLength, _isContiguous, IsOnHost) = (tensor, byteLength, true, device == DeviceType.CPU);
        _gate = IsOnHost ? null : new Lock();
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

            if (Volatile.Read(ref _address) is not 0 and var known)
            {
                return known;
            }

            if (_gate is null)
            {
                var found = FindAddress();
                Volatile.Write(ref _address, found);
                return found;
            }

            lock (_gate)
            {
                return _address != 0 ? _address : _address = FindAddress();
            }
        }
    }

    public override RowChanges? Changes => _isContiguous && IsOnHost ? RowChanges.Of(_tensor) : null;

    /// <summary>Gets the tensor. Storages of the same tensor share memory.</summary>
    public Tensor Tensor => _tensor;

    /// <summary>Gets whether the bytes are already in host memory, possibly as a copy.</summary>
    public bool IsRead => Volatile.Read(ref _address) != 0;

    /// <summary>Returns the extent of the tensor as a one-dimensional tensor on its device. The caller owns the result.</summary>
    public Tensor Row() => _tensor.detach().as_strided([ByteLength / _tensor.dtype.ElementByteSize()], [1], _tensor.storage_offset());

    /// <summary>Uses an existing copy in host memory instead of creating one.</summary>
    /// <param name="copy">A contiguous CPU tensor with the elements of <see cref="Row"/>; kept alive, but not owned.</param>
    public void ReadFrom(Tensor copy)
    {
        lock (_gate ?? throw new InvalidOperationException("The tensor is in host memory."))
        {
            _hostCopy = copy;
            Volatile.Write(ref _address, NativeTensor.AddressOf(copy));
        }
    }

    /// <summary>Returns whether a description of this memory covers the tensor itself rather than a part of it.</summary>
    public bool IsSeenAs(TensorData tensor) =>
        tensor.StorageOffset == 0 && tensor.Type == _tensor.dtype && TensorShape.IsOf(_tensor, tensor.Shape)
            && tensor.Strides.SequenceEqual(TensorShape.StridesOf(_tensor, tensor.Strides.Length));

    public override IDisposable Hold()
    {
        // A separate tensor on the same memory, which outlives the current dispose scope of the caller.
        using var _ = no_grad();
        return _tensor.detach().DetachFromDisposeScope();
    }

    private unsafe nint FindAddress()
    {
        if (IsOnHost && NativeLayout.AddressOf(_tensor) is not 0 and var address)
        {
            return address;
        }

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
