using System.Runtime.InteropServices;

namespace Fulgurite.Cli;

/// <summary>The libstdc++ found by the system loader.</summary>
/// <param name="IsThere">Whether it exists: systems other than Linux, and some Linux distributions, use another C++ library.</param>
/// <param name="IsCurrent">Whether it is from GCC 13 or later, so that TorchSharp's library needs no change.</param>
internal sealed record SystemLibstdcxx(bool IsThere, bool IsCurrent)
{
    /// <summary>Gets a value indicating whether it is too old for TorchSharp's library.</summary>
    public bool IsOlder => IsThere && !IsCurrent;

    /// <summary>Queries the system loader.</summary>
    public static SystemLibstdcxx Find()
    {
        nint library = 0;
        var isThere = OperatingSystem.IsLinux() && NativeLibrary.TryLoad("libstdc++.so.6", out library);
        return new SystemLibstdcxx(isThere, isThere && NativeLibrary.TryGetExport(library, TorchSharpLibrary.NewSymbol, out _));
    }
}
