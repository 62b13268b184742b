using System.Runtime.InteropServices;
using TorchSharp.Interop;

namespace TorchSharp;

public static unsafe partial class torch
{
    private static readonly Lazy<bool> HasCuda = new(cuda.is_available);
    private static Device? _chosenDevice;

    private static Device DefaultDevice => _chosenDevice ?? CPU;

    /// <summary>The version of libtorch.</summary>
    public static string __version__ => Marshal.PtrToStringUTF8((nint)Native.fg_version_text())!;

    public static int get_num_threads() => Native.fg_threads();

    public static void set_num_threads(int num) => Native.Check(Native.fg_set_threads(num));

    public static int get_num_interop_threads() => Native.fg_interop_threads();

    public static void set_num_interop_threads(int num) => Native.Check(Native.fg_set_interop_threads(num));

    public static ScalarType get_default_dtype() => (ScalarType)Native.fg_default_dtype();

    public static void set_default_dtype(ScalarType dtype) => Native.Check(Native.fg_set_default_dtype((int)dtype));

    public static Device get_default_device() => DefaultDevice;

    public static void set_default_device(Device device)
    {
        ArgumentNullException.ThrowIfNull(device);
        _chosenDevice = device;
    }

    public static void set_default_device(string device) => set_default_device(new Device(device));

    /// <summary>Makes sure that the device can be used.</summary>
    /// <exception cref="InvalidOperationException">This libtorch, or this machine, has no such device.</exception>
    public static void InitializeDeviceType(DeviceType deviceType)
    {
        if (!TryInitializeDeviceType(deviceType))
        {
            throw new InvalidOperationException($"Torch device type {deviceType} did not initialise on the current machine.");
        }
    }

    public static bool TryInitializeDeviceType(DeviceType deviceType) => deviceType switch
    {
        DeviceType.CUDA => HasCuda.Value,
        DeviceType.MPS => false,
        _ => true,
    };

    public static Device InitializeDevice(Device? device)
    {
        device ??= CPU;
        InitializeDeviceType(device.type);
        return device;
    }
}
