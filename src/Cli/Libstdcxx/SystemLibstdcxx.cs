using System.Runtime.InteropServices;

namespace Fulgurite.Cli;

/// <summary>The libstdc++ that the loader of this system finds.</summary>
/// <param name="IsThere">Whether there is one: other systems than Linux, and some Linux distributions, have another C++ library.</param>
/// <param name="IsCurrent">Whether it is of GCC 13 or later, so that TorchSharp's library needs no change.</param>
internal sealed record SystemLibstdcxx(bool IsThere, bool IsCurrent)
{
    /// <summary>Gets whether it is too old for TorchSharp's library.</summary>
    public bool IsOlder => IsThere && !IsCurrent;

    /// <summary>Asks the loader.</summary>
    public static SystemLibstdcxx Find()
    {
        nint library = 0;
        var isThere = OperatingSystem.IsLinux() && NativeLibrary.TryLoad("libstdc++.so.6", out library);
        return new SystemLibstdcxx(isThere, isThere && NativeLibrary.TryGetExport(library, TorchSharpLibrary.NewSymbol, out _));
    }
}
