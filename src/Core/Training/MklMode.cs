using System.Globalization;
using System.Runtime.InteropServices;

namespace Fulgurite;

/// <summary>Reads and sets the mode that MKL calls conditional numerical reproducibility. It belongs to the process.</summary>
/// <param name="read">Returns the mode.</param>
/// <param name="set">Sets it and returns an error, or zero. After the first use of MKL it has no effect.</param>
internal sealed class MklMode(Func<int> read, Func<int, int> set)
{
    /// <summary>The environment variable by which MKL sets the mode itself.</summary>
    public const string Variable = "MKL_CBWR";

    private const int Default = 1;
    private const int Auto = 2;
    private const int Compatible = 3;
    private const int Strict = 0x10000;
    private const int Everything = -1;
    private const int TooLate = -8;

    /// <summary>What is asked for, best first: MKL refuses some modes on processors that are not Intel's.</summary>
    private static readonly int[] Wanted = [Auto | Strict, Auto, Compatible];

    /// <summary>The mode in the notation of the environment variable; <c>default</c> for none.</summary>
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

    /// <summary>The mode of a loaded library; null if it exports no such functions.</summary>
    public static unsafe MklMode? Of(nint library)
    {
        if (!NativeLibrary.TryGetExport(library, "mkl_serv_cbwr_get", out var get) || !NativeLibrary.TryGetExport(library, "mkl_serv_cbwr_set", out var set))
        {
            return null;
        }

        return new MklMode(() => ((delegate* unmanaged<int, int>)get)(Everything), mode => ((delegate* unmanaged<int, int>)set)(mode));
    }

    /// <summary>Sets the best mode there is, unless one is set.</summary>
    /// <param name="isOn">Whether to set any.</param>
    public KernelReproducibility Request(bool isOn)
    {
        if (read() != Default)
        {
            // By the environment variable, or by the program itself.
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
