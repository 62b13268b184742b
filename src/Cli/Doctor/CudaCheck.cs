namespace Fulgurite.Cli;

/// <summary>Checks CUDA: libtorch must be built for it, and the driver must load.</summary>
internal static class CudaCheck
{
    private const string Name = "CUDA";

    public static Diagnosis Run(NativeFolder? folder, LoadReport report)
    {
        var (driver, problem) = (report.Value(LoadReport.Driver), report.Value(LoadReport.NoDriver));
        if (driver is null && problem is null)
        {
            return new Diagnosis(
                Name, Health.Broken, $"the driver was not checked: {report.Problem}",
                "Run nvidia-smi, and install the driver again if it fails.");
        }

        return (folder, driver, report.CudaDevices) switch
        {
            (null, _, _) => new Diagnosis(Name, Health.Ok, driver is null ? $"CPU only: {problem}" : $"the NVIDIA driver loads: {driver}"),
            ({ HasCuda: false }, null, _) => new Diagnosis(Name, Health.Ok, $"CPU only: libtorch is built for CPUs, and {problem}"),
            ({ HasCuda: false }, _, _) => new Diagnosis(
                Name,
                Health.Note,
                $"CPU only: libtorch is built for CPUs, although there is an NVIDIA driver ({driver})",
                $"To use the GPU, reference TorchSharp-cuda-{(OperatingSystem.IsWindows() ? "windows" : "linux")} instead of "
                    + "TorchSharp-cpu."),
            (_, null, _) => new Diagnosis(
                Name, Health.Broken, $"libtorch is built for CUDA, and {problem}",
                "Install the NVIDIA driver and check it with nvidia-smi; for the CPU alone, reference TorchSharp-cpu."),
            (_, _, null) => new Diagnosis(
                Name, Health.Note,
                $"libtorch is built for CUDA and the driver loads ({driver}); libtorch was not checked, since it does not load"),
            (_, _, 0) => new Diagnosis(
                Name, Health.Broken, $"libtorch is built for CUDA and the driver loads ({driver}), but libtorch finds no device",
                "Install a newer driver, and check CUDA_VISIBLE_DEVICES."),
            (_, _, { } devices) => new Diagnosis(Name, Health.Ok, $"libtorch can use {Amounts.Count(devices, "device")} (driver {driver})"),
        };
    }
}
