using System.Globalization;
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
            return TryInitializeDeviceType(DeviceType.CPU) && NativeLibrary.TryLoad("libtorch_cpu.so", out var library)
                ? MklMode.Of(library)
                : null;
        }
        catch (TypeInitializationException)
        {
            // There is no libtorch. TorchSharp reports this on first use of a tensor; merely composing a trainer does not need it.
            return null;
        }
    }
}

/// <summary>
/// Specifies whether matrix products of equal values are bitwise equal in this process (<see cref="ReproducibleKernels"/>).
/// </summary>
public enum KernelReproducibility
{
    /// <summary>
    /// MKL uses reproducible kernels: they were requested in time, or the environment variable <c>MKL_CBWR</c> selects them.
    /// </summary>
    Enabled,

    /// <summary>MKL was used before the request, which then has no effect.</summary>
    TooLate,

    /// <summary>The switch <see cref="ReproducibleKernels.SwitchName"/> is false, so nothing is requested.</summary>
    SwitchedOff,

    /// <summary>libtorch provides no way to request them, as on Windows. Set the environment variable <c>MKL_CBWR</c> instead.</summary>
    Unavailable,

    /// <summary>libtorch is built without MKL for this processor, so there is nothing to request.</summary>
    NotApplicable,
}

/// <summary>Reads and sets MKL's conditional numerical reproducibility mode, which is process-wide.</summary>
/// <param name="read">Returns the mode.</param>
/// <param name="set">Sets the mode and returns an error code, or zero. Has no effect after the first use of MKL.</param>
internal sealed class MklMode(Func<int> read, Func<int, int> set)
{
    /// <summary>The environment variable from which MKL reads the mode.</summary>
    public const string Variable = "MKL_CBWR";

    private const int Default = 1;
    private const int Auto = 2;
    private const int Compatible = 3;
    private const int Strict = 0x10000;
    private const int Everything = -1;
    private const int TooLate = -8;

    /// <summary>The modes to request, best first: MKL rejects some modes on non-Intel processors.</summary>
    private static readonly int[] Wanted = [Auto | Strict, Auto, Compatible];

    /// <summary>Gets the mode in the notation of the environment variable; <c>default</c> for none.</summary>
    public string Name
    {
        get
        {
            var mode = read();
            var branch = mode & ~Strict;
            var name = branch switch
            {
                Default => "default",
                Auto => "AUTO",
                Compatible => "COMPATIBLE",
                10 => "AVX2",
                12 => "AVX512",
                _ => branch.ToString(CultureInfo.InvariantCulture),
            };
            return (mode & Strict) != 0 ? $"{name},STRICT" : name;
        }
    }

    /// <summary>Returns the mode of a loaded library, or null if it does not export these functions.</summary>
    public static unsafe MklMode? Of(nint library)
    {
        if (!NativeLibrary.TryGetExport(library, "mkl_serv_cbwr_get", out var get)
            || !NativeLibrary.TryGetExport(library, "mkl_serv_cbwr_set", out var set))
        {
            return null;
        }

        return new MklMode(() => ((delegate* unmanaged<int, int>)get)(Everything), mode => ((delegate* unmanaged<int, int>)set)(mode));
    }

    /// <summary>Sets the best available mode, unless a mode is already set.</summary>
    /// <param name="isOn">Whether to set a mode.</param>
    public KernelReproducibility Request(bool isOn)
    {
        if (read() != Default)
        {
            // Set by the environment variable, or by the program itself.
            return KernelReproducibility.Enabled;
        }

        if (!isOn)
        {
            return KernelReproducibility.SwitchedOff;
        }

        foreach (var mode in Wanted)
        {
            switch (set(mode))
            {
                case 0:
                    return KernelReproducibility.Enabled;
                case TooLate:
                    return KernelReproducibility.TooLate;
                default:
                    continue;
            }
        }

        return KernelReproducibility.Unavailable;
    }
}
