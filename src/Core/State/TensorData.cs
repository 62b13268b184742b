using TorchSharp;
using static TorchSharp.torch;

namespace Fulgurite.State;

/// <summary>
/// One tensor of a state: its element type, shape, strides and bytes. The bytes are those of a live <see cref="Tensor"/>
/// (<see cref="FromTensor"/>) or owned memory (a captured or a loaded state).
/// </summary>
/// <remarks>Shape, strides and offset count elements. Reading does not need libtorch; <see cref="ToTensor"/> and <see cref="CopyTo(Tensor)"/> do.</remarks>
public sealed class TensorData : StateValue
{
    private readonly long[] _shape;
    private readonly long[] _strides;

    /// <summary>Describes a tensor in a storage.</summary>
    /// <param name="storage">The memory that the tensor lies in.</param>
    /// <param name="type">The element type.</param>
    /// <param name="shape">The size of each dimension; empty for a single number.</param>
    /// <param name="strides">The distance between neighbours along each dimension, in elements.</param>
    /// <param name="storageOffset">Where the first element lies in the storage, in elements.</param>
    /// <exception cref="ArgumentException">The tensor would leave its storage, or sizes and strides do not fit each other.</exception>
    public TensorData(TensorStorage storage, ScalarType type, ReadOnlySpan<long> shape, ReadOnlySpan<long> strides, long storageOffset = 0)
    {
        ArgumentNullException.ThrowIfNull(storage);
        if (shape.Length != strides.Length)
        {
            throw new ArgumentException($"A tensor of {shape.Length} dimensions has {strides.Length} strides.", nameof(strides));
        }

        foreach (var value in shape)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value, nameof(shape));
        }

        foreach (var value in strides)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value, nameof(strides));
        }

        ArgumentOutOfRangeException.ThrowIfNegative(storageOffset);
        Extent = TensorShape.Extent(shape, strides);
        ElementCount = TensorShape.ElementCount(shape);
        if (Extent > 0 && checked((storageOffset + Extent) * type.ElementByteSize()) > storage.ByteLength)
        {
            throw new ArgumentException(
                $"A {type} tensor of shape [{string.Join(", ", shape.ToArray())}] needs {storageOffset + Extent} elements from the start of its storage, which has {storage.ByteLength} bytes.",
                nameof(shape));
        }

        Storage = storage;
        Type = type;
        _shape = shape.ToArray();
        _strides = strides.ToArray();
        StorageOffset = storageOffset;
    }

    private TensorData(TensorData like, TensorStorage storage, long storageOffset)
    {
        if (like.Extent > 0 && checked((storageOffset + like.Extent) * like.Type.ElementByteSize()) > storage.ByteLength)
        {
            throw new ArgumentException($"The {like} needs {storageOffset + like.Extent} elements from the start of its storage, which has {storage.ByteLength} bytes.", nameof(storage));
        }

        // Shape and strides never change, so tensors may share them.
        (_shape, _strides, Extent, ElementCount, Type) = (like._shape, like._strides, like.Extent, like.ElementCount, like.Type);
        Storage = storage;
        StorageOffset = storageOffset;
    }

    /// <summary>The memory that the tensor lies in; the same instance for tensors that share memory in a captured or loaded state.</summary>
    public TensorStorage Storage { get; }

    /// <summary>The element type.</summary>
    public ScalarType Type { get; }

    /// <summary>The size of each dimension; empty for a single number.</summary>
    public ReadOnlySpan<long> Shape => _shape;

    /// <summary>The distance between neighbours along each dimension, in elements.</summary>
    public ReadOnlySpan<long> Strides => _strides;

    /// <summary>Where the first element lies in the storage, in elements.</summary>
    public long StorageOffset { get; }

    /// <summary>The number of elements.</summary>
    public long ElementCount { get; }

    /// <summary>The number of elements from the first one used to the last one used, gaps counted.</summary>
    public long Extent { get; }

    /// <summary>What the elements take without gaps, in bytes.</summary>
    public long ByteLength => ElementCount * Type.ElementByteSize();

    /// <summary>Whether the elements lie row after row without gaps.</summary>
    public bool IsContiguous => TensorShape.IsContiguous(_shape, _strides);

    /// <summary>Where the first element lies in host memory; zero for an empty tensor.</summary>
    public nint Address => ElementCount == 0 ? 0 : Storage.Address + (nint)(StorageOffset * Type.ElementByteSize());

    /// <summary>Until when the memory stays as it is, where it belongs to a live tensor. Default: <see cref="TensorStability.Volatile"/>.</summary>
    public TensorStability Stability { get; init; }

    /// <summary>Describes a live tensor without copying it. The tensor must stay undisposed while this is in use.</summary>
    /// <param name="tensor">A dense tensor on any device.</param>
    /// <param name="stability">Until when its elements stay as they are; whoever says more than volatile calls the mutation fence.</param>
    /// <exception cref="NotSupportedException">The tensor is sparse, or a view whose elements are conjugated or negated only when they are read.</exception>
    public static TensorData FromTensor(Tensor tensor, TensorStability stability = TensorStability.Volatile)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        if (tensor.is_sparse)
        {
            throw new NotSupportedException($"A sparse tensor of shape [{string.Join(", ", tensor.shape)}] cannot be part of a state. Save tensor.to_dense(), or its indices and values.");
        }

        var (type, shape, strides) = (tensor.dtype, tensor.shape, tensor.stride());

        // Nothing but a view of a complex tensor can be such a one: complex itself, or with every second element left out.
        if (type is ScalarType.ComplexFloat32 or ScalarType.ComplexFloat64 ? tensor.is_conj() : !TensorShape.IsContiguous(shape, strides) && tensor.is_neg())
        {
            throw new NotSupportedException($"A conjugated view of shape [{string.Join(", ", shape)}] cannot be part of a state: its memory holds other values. Save tensor.resolve_conj().resolve_neg().");
        }

        return new TensorData(new LiveTensorStorage(tensor, type, shape, strides), type, shape, strides) { Stability = stability };
    }

    /// <summary>Makes a contiguous tensor of owned memory from values.</summary>
    /// <typeparam name="T">The type of the values; its size is that of <paramref name="type"/>.</typeparam>
    /// <param name="values">The values, row after row.</param>
    /// <param name="type">The element type.</param>
    /// <param name="shape">The size of each dimension.</param>
    public static TensorData FromValues<T>(ReadOnlySpan<T> values, ScalarType type, params ReadOnlySpan<long> shape)
        where T : unmanaged
    {
        var bytes = System.Runtime.InteropServices.MemoryMarshal.AsBytes(values);
        if (TensorShape.ElementCount(shape) * type.ElementByteSize() != bytes.Length)
        {
            throw new ArgumentException($"{bytes.Length} bytes do not fill a {type} tensor of shape [{string.Join(", ", shape.ToArray())}].", nameof(values));
        }

        var storage = new HostTensorStorage(bytes.Length);
        bytes.CopyTo(storage.GetWritableBytes(0, bytes.Length));
        return new TensorData(storage, type, shape, TensorShape.ContiguousStrides(shape));
    }

    /// <summary>A tensor of the same type, shape and strides in another storage.</summary>
    /// <param name="storage">The memory that it lies in.</param>
    /// <param name="storageOffset">Where its first element lies there, in elements.</param>
    /// <exception cref="ArgumentException">The tensor would leave the storage.</exception>
    public TensorData In(TensorStorage storage, long storageOffset)
    {
        ArgumentNullException.ThrowIfNull(storage);
        ArgumentOutOfRangeException.ThrowIfNegative(storageOffset);
        return new TensorData(this, storage, storageOffset);
    }

    /// <summary>Copies the elements, row after row without gaps, into memory.</summary>
    /// <param name="destination">Exactly <see cref="ByteLength"/> bytes.</param>
    /// <exception cref="ArgumentException">The destination has another length.</exception>
    public void CopyTo(Span<byte> destination)
    {
        if (destination.Length != ByteLength)
        {
            throw new ArgumentException($"The tensor has {ByteLength} bytes and the destination {destination.Length}.", nameof(destination));
        }

        StridedCopy.Gather(this, destination);
    }

    /// <summary>Makes a tensor with a copy of the elements. The caller, or its dispose scope, owns it.</summary>
    /// <param name="device">Where; null for the CPU.</param>
    public Tensor ToTensor(Device? device = null)
    {
        var place = device ?? CPU;
        var tensor = empty(_shape, dtype: Type, device: place);
        if (place.type == DeviceType.CPU)
        {
            StridedCopy.Gather(this, tensor);
        }
        else
        {
            CopyTo(tensor);
        }

        return tensor;
    }

    /// <summary>Copies the elements into a tensor of the same shape, converting element type and device where they differ.</summary>
    /// <param name="target">The tensor that is overwritten, parameters included (outside of autograd).</param>
    /// <exception cref="ArgumentException">The shapes differ.</exception>
    public void CopyTo(Tensor target)
    {
        ArgumentNullException.ThrowIfNull(target);
        if (!target.shape.AsSpan().SequenceEqual(_shape))
        {
            throw new ArgumentException($"The state has the shape [{string.Join(", ", _shape)}] and the tensor [{string.Join(", ", target.shape)}].", nameof(target));
        }

        using var _ = no_grad();
        if (target.dtype == Type && target.device_type == DeviceType.CPU && target.is_contiguous())
        {
            using var view = target.detach();
            StridedCopy.Gather(this, view);
            return;
        }

        if (Storage is LiveTensorStorage { IsOnHost: false } live && live.IsSeenAs(this))
        {
            // From device to device, or within one, without a way over the host.
            target.copy_(live.Tensor);
            return;
        }

        using var copy = ToTensor();
        target.copy_(copy);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Type} tensor [{string.Join(", ", _shape)}]";
}
