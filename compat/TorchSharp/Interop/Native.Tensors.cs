using System.Runtime.InteropServices;

namespace TorchSharp.Interop;

internal static unsafe partial class Native
{
    // What only reads a field is called without telling the garbage collector: it is over before that would be.
    [DllImport(Library)]
    public static extern void fg_tensor_free(nint t);

    [DllImport(Library)]
    public static extern nint fg_tensor_share(nint t);

    [DllImport(Library), SuppressGCTransition]
    public static extern long fg_dim(nint t);

    [DllImport(Library), SuppressGCTransition]
    public static extern long fg_numel(nint t);

    [DllImport(Library), SuppressGCTransition]
    public static extern long fg_element_size(nint t);

    [DllImport(Library), SuppressGCTransition]
    public static extern int fg_dtype(nint t);

    [DllImport(Library), SuppressGCTransition]
    public static extern int fg_device_type(nint t);

    [DllImport(Library), SuppressGCTransition]
    public static extern int fg_device_index(nint t);

    [DllImport(Library), SuppressGCTransition]
    public static extern int fg_layout(nint t);

    [DllImport(Library), SuppressGCTransition]
    public static extern int fg_is_leaf(nint t);

    [DllImport(Library), SuppressGCTransition]
    public static extern int fg_requires_grad(nint t);

    [DllImport(Library), SuppressGCTransition]
    public static extern int fg_same(nint a, nint b);

    [DllImport(Library), SuppressGCTransition]
    public static extern int fg_sizes(nint t, long* into);

    [DllImport(Library), SuppressGCTransition]
    public static extern int fg_strides(nint t, long* into);

    [DllImport(Library)]
    public static extern long fg_storage_offset(nint t);

    [DllImport(Library)]
    public static extern int fg_is_contiguous(nint t);

    [DllImport(Library)]
    public static extern int fg_is_pinned(nint t);

    [DllImport(Library)]
    public static extern int fg_data(nint t, nint* data);

    [DllImport(Library)]
    public static extern int fg_storage(nint t, nint* data, long* bytes);

    [DllImport(Library)]
    public static extern int fg_set_requires_grad(nint t, int value);

    [DllImport(Library)]
    public static extern int fg_retain_grad(nint t);

    [DllImport(Library)]
    public static extern int fg_grad(nint t, nint* grad);

    [DllImport(Library)]
    public static extern int fg_set_grad(nint t, nint grad);

    [DllImport(Library)]
    public static extern int fg_item(nint t, void* into);

    [DllImport(Library)]
    public static extern nint fg_from_data(void* data, long bytes, long* sizes, int dim, int dtype);

    [DllImport(Library)]
    public static extern nint fg_from_blob(void* data, long* sizes, int dim, int dtype, delegate* unmanaged<nint, void> release, nint context);
}
