using TorchSharp;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>The CUDA devices that libtorch finds.</summary>
internal static class CudaDevices
{
    /// <summary>Returns the device if it is available; devices other than CUDA are not checked.</summary>
    /// <param name="device">The device.</param>
    /// <param name="asked">The option and its value for the message, as <c>Option is 'value'</c>.</param>
    /// <exception cref="InvalidOperationException">The device is not available.</exception>
    public static Device Require(Device device, string asked)
    {
        if (device.type != DeviceType.CUDA)
        {
            return device;
        }

        var count = cuda.is_available() ? cuda.device_count() : 0;
        return device.index < count && count > 0 ? device : throw new InvalidOperationException(
            $"{asked}, and libtorch finds {Found(count)} here. Set it to an available device, such as 'cpu', or use a libtorch with CUDA.");
    }

    /// <summary>Returns the device with a number if it is available.</summary>
    /// <param name="index">The number.</param>
    /// <param name="options">The options that contain the number.</param>
    /// <exception cref="InvalidOperationException">The device is not available.</exception>
    public static Device Require(int index, CudaStrategyOptions options)
    {
        var count = cuda.is_available() ? cuda.device_count() : 0;
        if (index < count)
        {
            return new Device(DeviceType.CUDA, index);
        }

        // Without devices, the cause is usually one of two; the message distinguishes them.
        var driver = count > 0 || !OperatingSystem.IsLinux() ? string.Empty : Directory.Exists("/proc/driver/nvidia")
            ? " although the machine has a driver of NVIDIA, so this libtorch is built without CUDA"
            : " and the machine has no driver of NVIDIA";
        throw new InvalidOperationException(
            $"{nameof(CudaStrategyOptions)}.{nameof(options.Device)} is {index}, and libtorch finds {Found(count)} here{driver}. "
            + (
                count > 0 ? "Set it to an available device." : "Use a machine and a libtorch with CUDA (TorchSharp's package is "
                    + "TorchSharp-cuda-linux or TorchSharp-cuda-windows), or AddStrategy<SingleDeviceStrategy>() for the CPU."));
    }

    /// <summary>Seeds the generators of all devices from that of the CPU, whose state checkpoints contain.</summary>
    public static void SeedFromCpu()
    {
        using var seed = randint(long.MaxValue, [1L], dtype: ScalarType.Int64, device: CPU);
        cuda.manual_seed_all(seed.item<long>());
    }

    public static string Found(int count) => count switch
    {
        0 => "no CUDA device",
        1 => "one CUDA device, cuda:0,",
        _ => $"{count} CUDA devices, cuda:0 to cuda:{count - 1},",
    };
}
