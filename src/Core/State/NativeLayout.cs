using static TorchSharp.torch;

namespace Fulgurite.State;

/// <summary>
/// The type, device, shape, strides and address of a dense tensor, in a few calls of libtorch's C interface. Each property of TorchSharp
/// takes several times as long, which dominates the cost of a state of many small tensors.
/// </summary>
/// <remarks>Shape and strides are memory of the tensor: keep it reachable, and do not change its shape while they are in use.</remarks>
internal readonly unsafe ref struct NativeLayout
{
    private static readonly delegate* unmanaged[SuppressGCTransition]<nint, int*, int> GetLayout =
        (delegate* unmanaged[SuppressGCTransition]<nint, int*, int>)LibtorchExports.Find("aoti_torch_get_layout");
    private static readonly delegate* unmanaged[SuppressGCTransition]<nint, int*, int> GetScalarType =
        (delegate* unmanaged[SuppressGCTransition]<nint, int*, int>)LibtorchExports.Find("aoti_torch_get_dtype");
    private static readonly delegate* unmanaged[SuppressGCTransition]<nint, int*, int> GetDeviceType =
        (delegate* unmanaged[SuppressGCTransition]<nint, int*, int>)LibtorchExports.Find("aoti_torch_get_device_type");
    private static readonly delegate* unmanaged[SuppressGCTransition]<nint, long*, int> GetDimensions =
        (delegate* unmanaged[SuppressGCTransition]<nint, long*, int>)LibtorchExports.Find("aoti_torch_get_dim");
    private static readonly delegate* unmanaged[SuppressGCTransition]<nint, long**, int> GetSizes =
        (delegate* unmanaged[SuppressGCTransition]<nint, long**, int>)LibtorchExports.Find("aoti_torch_get_sizes");
    private static readonly delegate* unmanaged[SuppressGCTransition]<nint, long**, int> GetStrides =
        (delegate* unmanaged[SuppressGCTransition]<nint, long**, int>)LibtorchExports.Find("aoti_torch_get_strides");
    private static readonly delegate* unmanaged<nint, nint*, int> GetAddress =
        (delegate* unmanaged<nint, nint*, int>)LibtorchExports.Find("aoti_torch_get_data_ptr");

    private static readonly bool IsKnown = GetLayout is not null && GetScalarType is not null && GetDeviceType is not null
        && GetDimensions is not null && GetSizes is not null && GetStrides is not null && GetAddress is not null;

    private NativeLayout(ScalarType type, TorchSharp.DeviceType device, ReadOnlySpan<long> shape, ReadOnlySpan<long> strides)
    {
        Type = type;
        Device = device;
        Shape = shape;
        Strides = strides;
    }

    /// <summary>Gets the element type.</summary>
    public ScalarType Type { get; }

    /// <summary>Gets the device.</summary>
    public TorchSharp.DeviceType Device { get; }

    /// <summary>Gets the size of each dimension.</summary>
    public ReadOnlySpan<long> Shape { get; }

    /// <summary>Gets the distance between adjacent elements along each dimension, in elements.</summary>
    public ReadOnlySpan<long> Strides { get; }

    /// <summary>Gets a value that indicates whether the elements are in row-major order without gaps.</summary>
    public bool IsContiguous => TensorShape.IsContiguous(Shape, Strides);

    /// <summary>Reads the properties of a tensor.</summary>
    /// <returns>false if the tensor is not strided, e.g. sparse, or the running libtorch lacks the functions.</returns>
    public static bool TryRead(Tensor tensor, out NativeLayout layout)
    {
        layout = default;
        var handle = tensor.Handle;
        int kind, type, device;
        long dimensions;
        long* sizes, strides;
        if (!IsKnown || GetLayout(handle, &kind) != 0 || kind != 0
            || GetScalarType(handle, &type) != 0 || GetDeviceType(handle, &device) != 0 || GetDimensions(handle, &dimensions) != 0
            || GetSizes(handle, &sizes) != 0 || GetStrides(handle, &strides) != 0)
        {
            return false;
        }

        layout = new NativeLayout(
            (ScalarType)type, (TorchSharp.DeviceType)device, new ReadOnlySpan<long>(sizes, (int)dimensions),
            new ReadOnlySpan<long>(strides, (int)dimensions));
        return true;
    }

    /// <summary>
    /// Returns the address of the first element of a strided CPU tensor; zero if the running libtorch does not report it.
    /// </summary>
    public static nint AddressOf(Tensor tensor)
    {
        nint address = 0;
        if (IsKnown && GetAddress(tensor.Handle, &address) != 0)
        {
            address = 0;
        }

        GC.KeepAlive(tensor);
        return address;
    }
}
