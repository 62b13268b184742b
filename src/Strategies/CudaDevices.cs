using TorchSharp;
using static TorchSharp.torch;

namespace Fulgurite.Strategies;

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

    public static string Found(int count) => count switch
    {
        0 => "no CUDA device",
        1 => "one CUDA device, cuda:0,",
        _ => $"{count} CUDA devices, cuda:0 to cuda:{count - 1},",
    };
}
