using System.Runtime.InteropServices;

namespace TorchSharp.Interop;

internal static unsafe partial class Native
{
    [DllImport(Library)]
    public static extern int fg_backward(
        nint* tensors, int count, nint* gradients, int gradientCount, int retainGraph, int createGraph, nint* inputs, int inputCount);

    [DllImport(Library)]
    public static extern int fg_grad_of(
        nint* outputs, int count, nint* inputs, int inputCount, nint* gradients, int gradientCount,
        int retainGraph, int createGraph, int allowUnused, nint* results);

    [DllImport(Library), SuppressGCTransition]
    public static extern int fg_anomaly_mode();

    [DllImport(Library), SuppressGCTransition]
    public static extern int fg_anomaly_nan();

    [DllImport(Library), SuppressGCTransition]
    public static extern void fg_set_anomaly_mode(int enabled, int checkNan);

    [DllImport(Library), SuppressGCTransition]
    public static extern int fg_grad_mode();

    [DllImport(Library), SuppressGCTransition]
    public static extern void fg_set_grad_mode(int enabled);

    [DllImport(Library), SuppressGCTransition]
    public static extern int fg_is_inference_mode();

    [DllImport(Library)]
    public static extern nint fg_enter_inference_mode(int enabled);

    [DllImport(Library)]
    public static extern void fg_leave_inference_mode(nint guard);

    [DllImport(Library)]
    public static extern int fg_manual_seed(long seed);

    [DllImport(Library)]
    public static extern nint fg_default_generator();

    [DllImport(Library)]
    public static extern nint fg_new_generator(ulong seed);

    [DllImport(Library)]
    public static extern void fg_generator_free(nint g);

    [DllImport(Library)]
    public static extern int fg_generator_seed(nint g, long seed);

    [DllImport(Library)]
    public static extern long fg_generator_initial_seed(nint g);

    [DllImport(Library)]
    public static extern long fg_generator_reseed(nint g);

    [DllImport(Library)]
    public static extern nint fg_generator_state(nint g);

    [DllImport(Library)]
    public static extern int fg_set_generator_state(nint g, nint state);

    [DllImport(Library)]
    public static extern int fg_threads();

    [DllImport(Library)]
    public static extern int fg_set_threads(int count);

    [DllImport(Library)]
    public static extern int fg_interop_threads();

    [DllImport(Library)]
    public static extern int fg_set_interop_threads(int count);

    [DllImport(Library)]
    public static extern int fg_default_dtype();

    [DllImport(Library)]
    public static extern int fg_set_default_dtype(int dtype);

    [DllImport(Library)]
    public static extern int fg_cuda_available();

    [DllImport(Library)]
    public static extern int fg_cudnn_available();

    [DllImport(Library)]
    public static extern int fg_cuda_devices();

    [DllImport(Library)]
    public static extern int fg_cuda_seed(long seed);

    [DllImport(Library)]
    public static extern int fg_cuda_seed_all(long seed);

    [DllImport(Library)]
    public static extern int fg_cuda_synchronize(long index);

    [DllImport(Library)]
    public static extern int fg_allow_tf32(int which);

    [DllImport(Library)]
    public static extern void fg_set_allow_tf32(int which, int value);
}
