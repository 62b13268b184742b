using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>What libtorch says about CUDA. Without CUDA in libtorch or the machine there are no devices, and seeding does nothing.</summary>
    public static class cuda
    {
        public static bool is_available() => Native.fg_cuda_available() != 0;

        public static bool is_cudnn_available() => Native.fg_cudnn_available() != 0;

        public static int device_count() => Native.fg_cuda_devices();

        public static void manual_seed(long seed) => Native.Check(Native.fg_cuda_seed(seed));

        public static void manual_seed_all(long seed) => Native.Check(Native.fg_cuda_seed_all(seed));

        /// <summary>Waits until the device has done what it was asked to.</summary>
        public static void synchronize(Device? device = null) => Native.Check(Native.fg_cuda_synchronize(device?.index ?? -1));
    }

    public static bool cuda_is_available() => cuda.is_available();

    public static bool mps_is_available() => false;
}
