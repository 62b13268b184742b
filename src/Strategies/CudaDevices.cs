using TorchSharp;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>The CUDA devices that libtorch finds.</summary>
internal static class CudaDevices
{
    /// <summary>The device, if it is there; devices that are not of CUDA are not looked for.</summary>
    /// <param name="device">The device.</param>
    /// <param name="asked">Who asked for it, as <c>Option is 'value'</c>.</param>
    /// <exception cref="InvalidOperationException">It is not there.</exception>
    public static Device Require(Device device, string asked)
    {
        if (device.type != DeviceType.CUDA)
        {
            return device;
        }

        var count = cuda.is_available() ? cuda.device_count() : 0;
        return device.index < count && count > 0 ? device : throw new InvalidOperationException(
            $"{asked}, and libtorch finds {Found(count)} here. Set it to one that is there, such as 'cpu', or use a libtorch with CUDA.");
    }

    /// <summary>The device of a number, if it is there.</summary>
    /// <param name="index">The number.</param>
    /// <param name="options">Who asked for it.</param>
    /// <exception cref="InvalidOperationException">It is not there.</exception>
    public static Device Require(int index, CudaStrategyOptions options)
    {
        var count = cuda.is_available() ? cuda.device_count() : 0;
        if (index < count)
        {
            return new Device(DeviceType.CUDA, index);
        }

        // Where there is none, it is mostly one of two things: this says which.
        var driver = count > 0 || !OperatingSystem.IsLinux() ? string.Empty : Directory.Exists("/proc/driver/nvidia")
            ? " although the machine has a driver of NVIDIA, so this libtorch is built without CUDA"
            : " and the machine has no driver of NVIDIA";
        throw new InvalidOperationException(
            $"{nameof(CudaStrategyOptions)}.{nameof(options.Device)} is {index}, and libtorch finds {Found(count)} here{driver}. "
            + (count > 0 ? "Set it to one that is there." : "Use a machine and a libtorch with CUDA (TorchSharp's package is TorchSharp-cuda-linux or TorchSharp-cuda-windows), or AddStrategy<SingleDeviceStrategy>() for the CPU."));
    }

    public static string Found(int count) => count switch
    {
        0 => "no CUDA device",
        1 => "one CUDA device, cuda:0,",
        _ => $"{count} CUDA devices, cuda:0 to cuda:{count - 1},",
    };
}
