using TorchSharp;
using static TorchSharp.torch;

namespace Fulgurite.State;

/// <summary>
/// A tensor of a state: element type, shape, strides and bytes. The bytes belong either to a live <see cref="Tensor"/>
/// (<see cref="FromTensor"/>) or to memory that a captured or loaded state owns.
/// </summary>
/// <remarks>
/// Shape, strides and offset are in elements. Reading does not need libtorch; <see cref="ToTensor"/> and <see cref="CopyTo(Tensor)"/> do.
/// </remarks>
public sealed class TensorData : StateValue
{
    /// <summary>The form of the last live tensor that this thread described: most tensors have that of the one before.</summary>
    [ThreadStatic]
    private static Form? _lastForm;

    private readonly Form _form;

    /// <summary>Initializes the description of a tensor in a storage.</summary>
    /// <param name="storage">The memory that contains the tensor.</param>
    /// <param name="type">The element type.</param>
    /// <param name="shape">The size of each dimension; empty for a scalar.</param>
    /// <param name="strides">The distance between adjacent elements along each dimension, in elements.</param>
    /// <param name="storageOffset">The offset of the first element in the storage, in elements.</param>
    /// <exception cref="ArgumentException">The tensor would exceed its storage, or shape and strides do not match.</exception>
    public TensorData(TensorStorage storage, ScalarType type, ReadOnlySpan<long> shape, ReadOnlySpan<long> strides, long storageOffset = 0)
        : this(storage, type, shape.ToArray(), strides.ToArray(), storageOffset)
    {
    }

    /// <summary>Initializes the description of a tensor whose shape and strides nobody changes later.</summary>
    internal TensorData(TensorStorage storage, ScalarType type, long[] shape, long[] strides, long storageOffset)
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
        _form = new Form(type, shape, strides);
        if (Extent > 0 && checked((storageOffset + Extent) * type.ElementByteSize()) > storage.ByteLength)
        {
            throw new ArgumentException(
                $"A {type} tensor of shape [{string.Join(", ", shape)}] needs {storageOffset + Extent} elements from the start of its "
                    + $"storage, which has {storage.ByteLength} bytes.",
                nameof(shape));
        }

        Storage = storage;
        StorageOffset = storageOffset;
    }

    private TensorData(Form form, TensorStorage storage, long storageOffset)
    {
        if (form.Extent > 0 && checked((storageOffset + form.Extent) * form.Type.ElementByteSize()) > storage.ByteLength)
        {
            throw new ArgumentException(
                $"The {form.Type} tensor [{string.Join(", ", form.Shape)}] needs {storageOffset + form.Extent} elements from the start of "
                    + $"its storage, which has {storage.ByteLength} bytes.",
                nameof(storage));
        }

        (_form, Storage, StorageOffset) = (form, storage, storageOffset);
    }

    /// <summary>
    /// Gets the memory that contains the tensor. In a captured or loaded state, tensors that share memory share the instance.
    /// </summary>
    public TensorStorage Storage { get; }

    /// <summary>Gets the element type.</summary>
    public ScalarType Type => _form.Type;

    /// <summary>Gets the size of each dimension; empty for a scalar.</summary>
    public ReadOnlySpan<long> Shape => _form.Shape;

    /// <summary>Gets the distance between adjacent elements along each dimension, in elements.</summary>
    public ReadOnlySpan<long> Strides => _form.Strides;

    /// <summary>Gets the offset of the first element in the storage, in elements.</summary>
    public long StorageOffset { get; }

    /// <summary>Gets the number of elements.</summary>
    public long ElementCount => _form.ElementCount;

    /// <summary>Gets the number of elements from the first used element to the last, including gaps.</summary>
    public long Extent => _form.Extent;

    /// <summary>Gets the size of the elements without gaps, in bytes.</summary>
    public long ByteLength => _form.ByteLength;

    /// <summary>Gets a value that indicates whether the elements are in row-major order without gaps.</summary>
    public bool IsContiguous => _form.IsContiguous;

    /// <summary>Gets the address of the first element in host memory, or zero for an empty tensor.</summary>
    public nint Address => ElementCount == 0 ? 0 : Storage.Address + (nint)(StorageOffset * Type.ElementByteSize());

    /// <summary>Gets how long the memory of a live tensor remains unchanged.</summary>
    /// <value>The default is <see cref="TensorStability.Volatile"/>.</value>
    public TensorStability Stability { get; init; }

    /// <summary>Describes a live tensor without copying it. The tensor must not be disposed while the description is in use.</summary>
    /// <param name="tensor">A dense tensor on any device.</param>
    /// <param name="stability">
    /// How long the elements remain unchanged. For a value other than <see cref="TensorStability.Volatile"/>, the caller must call
    /// <see cref="CheckpointIO.BeforeParametersChange"/>. In training with several processes, such a tensor in the state of the module or
    /// of an optimizer is also the same in all of them: each may write other tensors of a checkpoint.
    /// </param>
    /// <exception cref="NotSupportedException">The tensor is sparse, or a view that is conjugated or negated lazily.</exception>
    public static TensorData FromTensor(Tensor tensor, TensorStability stability = TensorStability.Volatile)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        if (NativeLayout.TryRead(tensor, out var layout) && layout.IsContiguous && !IsComplex(layout.Type))
        {
            var form = _lastForm is { } last && last.Is(layout.Type, layout.Shape, layout.Strides)
                ? last
                : _lastForm = new Form(layout.Type, layout.Shape.ToArray(), layout.Strides.ToArray());
            GC.KeepAlive(tensor);
            return new TensorData(form, new LiveTensorStorage(tensor, form.ByteLength, layout.Device), 0) { Stability = stability };
        }

        if (tensor.is_sparse)
        {
            throw new NotSupportedException(
                $"A sparse tensor of shape [{string.Join(", ", tensor.shape)}] cannot be part of a state. Save tensor.to_dense(), "
                    + "or its indices and values.");
        }

        var (type, shape) = (tensor.dtype, TensorShape.Of(tensor));
        var strides = TensorShape.StridesOf(tensor, shape.Length);

        // Only a view of a complex tensor has these flags: it is complex itself, or skips every second element.
        if (IsComplex(type)
            ? tensor.is_conj()
            : !TensorShape.IsContiguous(shape, strides) && tensor.is_neg())
        {
            throw new NotSupportedException(
                $"A conjugated view of shape [{string.Join(", ", shape)}] cannot be part of a state: its memory holds other values. "
                    + "Save tensor.resolve_conj().resolve_neg().");
        }

        return Live(tensor, type, tensor.device_type, shape, strides, stability);
    }

    private static TensorData Live(
        Tensor tensor, ScalarType type, DeviceType device, long[] shape, long[] strides, TensorStability stability) =>
        new(
            new LiveTensorStorage(tensor, type, shape, strides, device), type, shape, strides, 0)
        { Stability = stability };

    private static bool IsComplex(ScalarType type) => type is ScalarType.ComplexFloat32 or ScalarType.ComplexFloat64;

    /// <summary>Creates a contiguous tensor in owned memory from values.</summary>
    /// <typeparam name="T">The type of the values, with the element size of <paramref name="type"/>.</typeparam>
    /// <param name="values">The values, in row-major order.</param>
    /// <param name="type">The element type.</param>
    /// <param name="shape">The size of each dimension.</param>
    public static TensorData FromValues<T>(ReadOnlySpan<T> values, ScalarType type, params ReadOnlySpan<long> shape)
        where T : unmanaged
    {
        var bytes = System.Runtime.InteropServices.MemoryMarshal.AsBytes(values);
        if (TensorShape.ElementCount(shape) * type.ElementByteSize() != bytes.Length)
        {
            throw new ArgumentException(
                $"{bytes.Length} bytes do not fill a {type} tensor of shape [{string.Join(", ", shape.ToArray())}].", nameof(values));
        }

        var storage = new HostTensorStorage(bytes.Length);
        bytes.CopyTo(storage.GetWritableBytes(0, bytes.Length));
        return new TensorData(storage, type, shape, TensorShape.ContiguousStrides(shape));
    }

    /// <summary>Returns a tensor of the same type, shape and strides in another storage.</summary>
    /// <param name="storage">The memory that contains the new tensor.</param>
    /// <param name="storageOffset">The offset of its first element in the storage, in elements.</param>
    /// <exception cref="ArgumentException">The tensor would exceed the storage.</exception>
    public TensorData In(TensorStorage storage, long storageOffset)
    {
        ArgumentNullException.ThrowIfNull(storage);
        ArgumentOutOfRangeException.ThrowIfNegative(storageOffset);
        return new TensorData(_form, storage, storageOffset);
    }

    /// <summary>Copies the elements to memory, in row-major order without gaps.</summary>
    /// <param name="destination">The destination, of exactly <see cref="ByteLength"/> bytes.</param>
    /// <exception cref="ArgumentException">The length of the destination is wrong.</exception>
    public void CopyTo(Span<byte> destination)
    {
        if (destination.Length != ByteLength)
        {
            throw new ArgumentException(
                $"The tensor has {ByteLength} bytes and the destination {destination.Length}.", nameof(destination));
        }

        StridedCopy.Gather(this, destination);
    }

    /// <summary>Creates a tensor with a copy of the elements. The caller, or its dispose scope, owns the result.</summary>
    /// <param name="device">The target device; null for the CPU.</param>
    public Tensor ToTensor(Device? device = null)
    {
        var place = device ?? CPU;
        var tensor = empty(_form.Shape, dtype: Type, device: place);
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

    /// <summary>Copies the elements into a tensor of the same shape, converting element type and device if they differ.</summary>
    /// <param name="target">The tensor to overwrite, which may be a parameter. Autograd does not record the copy.</param>
    /// <exception cref="ArgumentException">The shapes differ.</exception>
    public void CopyTo(Tensor target)
    {
        ArgumentNullException.ThrowIfNull(target);
        if (!TensorShape.IsOf(target, Shape))
        {
            throw new ArgumentException(
                $"The state has the shape [{string.Join(", ", _form.Shape)}] and the tensor [{string.Join(", ", target.shape)}].",
                nameof(target));
        }

        using var _ = no_grad();
        if (target.dtype == Type && target.device_type == DeviceType.CPU && target.is_contiguous())
        {
            using var view = target.detach();
            try
            {
                StridedCopy.Gather(this, view);
            }
            finally
            {
                VersionCounter.Count(target);
            }

            return;
        }

        if (Storage is LiveTensorStorage { IsOnHost: false } live && live.IsSeenAs(this))
        {
            // Copies between devices, or within one, without going through the host.
            target.copy_(live.Tensor);
            return;
        }

        using var copy = ToTensor();
        target.copy_(copy);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Type} tensor [{string.Join(", ", _form.Shape)}]";

    /// <summary>What tensors of equal type, shape and strides have in common. Immutable, so that they may share it.</summary>
    private sealed class Form(ScalarType type, long[] shape, long[] strides)
    {
        public ScalarType Type { get; } = type;

        public long[] Shape { get; } = shape;

        public long[] Strides { get; } = strides;

        public long Extent { get; } = TensorShape.Extent(shape, strides);

        public long ElementCount { get; } = TensorShape.ElementCount(shape);

        public bool IsContiguous { get; } = TensorShape.IsContiguous(shape, strides);

        public long ByteLength => ElementCount * Type.ElementByteSize();

        public bool Is(ScalarType type, ReadOnlySpan<long> shape, ReadOnlySpan<long> strides) =>
            type == Type && shape.SequenceEqual(Shape) && strides.SequenceEqual(Strides);
    }
}

/// <summary>Properties of element types, available without the native library.</summary>
public static class ScalarTypeExtensions
{
    /// <summary>Returns the size of one element in bytes.</summary>
    /// <param name="type">The element type.</param>
    /// <exception cref="ArgumentOutOfRangeException">The value is not a TorchSharp element type.</exception>
    public static int ElementByteSize(this ScalarType type) => type switch
    {
        ScalarType.Byte or ScalarType.Int8 or ScalarType.Bool => 1,
        ScalarType.Int16 or ScalarType.Float16 or ScalarType.BFloat16 => 2,
        ScalarType.Int32 or ScalarType.Float32 => 4,
        ScalarType.Int64 or ScalarType.Float64 or ScalarType.ComplexFloat32 => 8,
        ScalarType.ComplexFloat64 => 16,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "The value is not a TorchSharp element type."),
    };
}

/// <summary>
/// A tensor with an element type that TorchSharp does not support, such as <c>F8_E4M3</c> or <c>torch.uint16</c>. The other tensors of its
/// file load as usual. This one has only a type name and a shape, and no format can save it.
/// </summary>
/// <param name="typeName">The name of the element type in the file.</param>
/// <param name="shape">The size of each dimension.</param>
/// <param name="byteLength">The length of the elements in the file, in bytes.</param>
public sealed class UnsupportedTensor(string typeName, IReadOnlyList<long> shape, long byteLength)
    : StateValue, IEquatable<UnsupportedTensor>
{
    /// <summary>Gets the name of the element type in the file.</summary>
    public string TypeName { get; } = typeName;

    /// <summary>Gets the size of each dimension.</summary>
    public IReadOnlyList<long> Shape { get; } = shape;

    /// <summary>Gets the length of the elements in the file, in bytes.</summary>
    public long ByteLength { get; } = byteLength;

    /// <inheritdoc/>
    public bool Equals(UnsupportedTensor? other) =>
        other is not null && TypeName == other.TypeName && ByteLength == other.ByteLength && Shape.SequenceEqual(other.Shape);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as UnsupportedTensor);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(TypeName, ByteLength, Shape.Count);

    /// <inheritdoc/>
    public override string ToString() => $"{TypeName} tensor [{string.Join(", ", Shape)}] (an element type that TorchSharp lacks)";
}
