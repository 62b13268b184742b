using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>Requests MKL kernels whose results do not depend on memory alignment.</summary>
/// <remarks>
/// <para>On x64, libtorch multiplies matrices with MKL, which by default selects kernels by memory alignment: identical batches at
/// different addresses can give results that differ in the last bits. MKL fixes its kernels for the whole process at its first use. Matrix
/// products and
/// <c>exp</c>, <c>log</c>, <c>sin</c> and <c>tanh</c> of tensors use MKL; the initialization of most layers does not.</para>
/// <para><see cref="Trainer.SeedEverything"/> and the constructors of <see cref="TrainingModule"/> and <see cref="Trainer"/> request the
/// kernels. A program that computes with tensors earlier must call <see cref="Request"/> first. If the environment variable <c>MKL_CBWR</c>
/// is set, MKL follows it and nothing is requested.</para>
/// </remarks>
public static class ReproducibleKernels
{
    /// <summary>
    /// The name of the <see cref="AppContext"/> switch that disables requests if it is false. Set it in the project file
    /// (<c>RuntimeHostConfigurationOption</c>) or at the very start of the program. The default is true.
    /// </summary>
    public const string SwitchName = "Fulgurite.ReproducibleKernels";

    private static readonly Lazy<MklMode?> Library = new(FindMkl);
    private static readonly Lazy<KernelReproducibility> Outcome = new(RequestOnce);

    /// <summary>
    /// Gets the current MKL mode, such as <c>AUTO,STRICT</c>; <c>default</c> if nothing was requested, <c>none</c> without MKL, and
    /// <c>unknown</c> if it cannot be read.
    /// </summary>
    public static string Mode => Library.Value is { } mkl ? mkl.Name : IsOnX64 ? FromEnvironment ?? "unknown" : "none";

    private static bool IsOnX64 => RuntimeInformation.ProcessArchitecture == Architecture.X64 && !OperatingSystem.IsMacOS();

    private static string? FromEnvironment => Environment.GetEnvironmentVariable(MklMode.Variable) is { Length: > 0 } value ? value : null;

    /// <summary>Requests reproducible kernels, unless already done, and returns whether they are in use. Loads libtorch.</summary>
    public static KernelReproducibility Request() => Outcome.Value;

    private static KernelReproducibility RequestOnce()
    {
        var isOn = !AppContext.TryGetSwitch(SwitchName, out var value) || value;
        return Library.Value is { } mkl
            ? mkl.Request(isOn)
            : !IsOnX64 ? KernelReproducibility.NotApplicable
            : FromEnvironment is not null ? KernelReproducibility.Enabled
            : isOn ? KernelReproducibility.Unavailable : KernelReproducibility.SwitchedOff;
    }

    /// <summary>Returns the MKL mode of libtorch, or null if it has no MKL or does not export its mode.</summary>
    private static MklMode? FindMkl()
    {
        if (!OperatingSystem.IsLinux() || !IsOnX64)
        {
            return null;
        }

        try
        {
            // Once TorchSharp has loaded libtorch, the file name resolves to the loaded copy regardless of its location.
            return TryInitializeDeviceType(DeviceType.CPU) && NativeLibrary.TryLoad("libtorch_cpu.so", out var library) ? MklMode.Of(library) : null;
        }
        catch (TypeInitializationException)
        {
            // There is no libtorch. TorchSharp reports this on first use of a tensor; merely composing a trainer does not need it.
            return null;
        }
    }
}
