using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Text;

namespace Fulgurite;

/// <summary>The properties of the processor that determine the choice of kernels.</summary>
internal static class Processor
{
    private static readonly Lazy<string> Described = new(Describe);

    /// <summary>
    /// Gets brand, family, model and widest vector extension, such as <c>AMD EPYC (family 25, model 17), AVX-512</c>; only the architecture
    /// if the rest is unavailable.
    /// </summary>
    public static string Description => Described.Value;

    private static string Describe()
    {
        if (!X86Base.IsSupported)
        {
            return RuntimeInformation.ProcessArchitecture.ToString();
        }

        var vectors = Avx512F.IsSupported ? "AVX-512" : Avx2.IsSupported ? "AVX2" : Avx.IsSupported ? "AVX" : "SSE";
        var (signature, _, _, _) = X86Base.CpuId(1, 0);
        var (family, model) = ((signature >> 8) & 0xF, (signature >> 4) & 0xF);
        if (family is 6 or 15)
        {
            model += ((signature >> 16) & 0xF) << 4;
        }

        if (family == 15)
        {
            family += (signature >> 20) & 0xFF;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{Brand()} (family {family}, model {model}), {vectors}");
    }

    private static string Brand()
    {
        const int First = unchecked((int)0x80000002);
        const int Last = First + 2;
        if (X86Base.CpuId(unchecked((int)0x80000000), 0).Eax is var highest && (uint)highest < unchecked((uint)Last))
        {
            return "x64";
        }

        Span<int> words = stackalloc int[12];
        for (var leaf = 0; leaf < 3; leaf++)
        {
            (words[leaf * 4], words[(leaf * 4) + 1], words[(leaf * 4) + 2], words[(leaf * 4) + 3]) = X86Base.CpuId(First + leaf, 0);
        }

        return Encoding.ASCII.GetString(MemoryMarshal.AsBytes(words)).TrimEnd('\0').Trim();
    }
}
