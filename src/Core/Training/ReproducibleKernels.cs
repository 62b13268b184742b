using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>Requests the kernels of MKL whose results do not depend on where tensors lie in memory.</summary>
/// <remarks>
/// <para>On x64, libtorch multiplies matrices by MKL, which by default chooses kernels by the alignment of memory: the same batch, made twice,
/// gives results that differ in the last bits. MKL fixes its kernels at its first use, for the whole process; matrix products, <c>exp</c>, <c>log</c>,
/// <c>sin</c> and <c>tanh</c> of tensors are such uses, the initialization of most layers is not.</para>
/// <para><see cref="Trainer.SeedEverything"/> and the constructors of <see cref="TrainingModule"/> and <see cref="Trainer"/> request them. A program that
/// computes with tensors before calls <see cref="Request"/> first. If the environment variable <c>MKL_CBWR</c> is set, MKL goes by it and nothing is
/// requested.</para>
/// </remarks>
public static class ReproducibleKernels
{
    /// <summary>
    /// The switch of <see cref="AppContext"/> that turns requests off if it is false: set it in the project file
    /// (<c>RuntimeHostConfigurationOption</c>), or first thing in the program. Default: true.
    /// </summary>
    public const string SwitchName = "Fulgurite.ReproducibleKernels";

    private static readonly Lazy<MklMode?> Library = new(FindMkl);
    private static readonly Lazy<KernelReproducibility> Outcome = new(RequestOnce);

    /// <summary>What MKL uses now, such as <c>AUTO,STRICT</c>; <c>default</c> if nothing was requested, <c>none</c> without MKL, <c>unknown</c> where it cannot be asked.</summary>
    public static string Mode => Library.Value is { } mkl ? mkl.Name : IsOnX64 ? FromEnvironment ?? "unknown" : "none";

    private static bool IsOnX64 => RuntimeInformation.ProcessArchitecture == Architecture.X64 && !OperatingSystem.IsMacOS();

    private static string? FromEnvironment => Environment.GetEnvironmentVariable(MklMode.Variable) is { Length: > 0 } value ? value : null;

    /// <summary>Requests them, unless that was done before, and returns whether they are in use. It loads libtorch.</summary>
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

    /// <summary>The MKL within libtorch; null if it has none, or none that can be asked.</summary>
    private static MklMode? FindMkl()
    {
        if (!OperatingSystem.IsLinux() || !IsOnX64)
        {
            return null;
        }

        try
        {
            // Once TorchSharp has loaded libtorch, the name of the file finds the loaded copy, wherever it came from.
            return TryInitializeDeviceType(DeviceType.CPU) && NativeLibrary.TryLoad("libtorch_cpu.so", out var library) ? MklMode.Of(library) : null;
        }
        catch (TypeInitializationException)
        {
            // There is no libtorch. Whoever computes with tensors hears what TorchSharp says about it; a trainer that is only composed needs none.
            return null;
        }
    }
}
