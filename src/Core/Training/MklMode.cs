using System.Globalization;
using System.Runtime.InteropServices;

namespace Fulgurite;

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
        if (!NativeLibrary.TryGetExport(library, "mkl_serv_cbwr_get", out var get) || !NativeLibrary.TryGetExport(library, "mkl_serv_cbwr_set", out var set))
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
