using System.Runtime.InteropServices;
using Fulgurite.State;

[assembly: DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories | DllImportSearchPath.AssemblyDirectory)]

namespace Fulgurite;

/// <summary>
/// The native functions behind tensors that a fused step calls for every parameter, without an object of TorchSharp for each.
/// </summary>
/// <remarks>
/// TorchSharp's own library is loaded as soon as there is a tensor. What an older or newer libtorch does not export has a slower
/// replacement here.
/// </remarks>
internal static unsafe partial class TorchNative
{
    private const string TorchSharpLibrary = "LibTorchSharp";

    private static readonly delegate* unmanaged<long, long, long, delegate* unmanaged<long, long, nint, void>, nint, int> ParallelFor =
        (delegate* unmanaged<long, long, long, delegate* unmanaged<long, long, nint, void>, nint, int>)
            LibtorchExports.Find("torch_parallel_for");

    /// <summary>The gradient of a tensor as a new handle, to be released with <see cref="Release"/>; zero if there is none.</summary>
    [LibraryImport(TorchSharpLibrary, EntryPoint = "THSTensor_grad")]
    public static partial nint Gradient(nint tensor);

    /// <summary>The address of the first element.</summary>
    [LibraryImport(TorchSharpLibrary, EntryPoint = "THSTensor_data")]
    public static partial nint Data(nint tensor);

    [LibraryImport(TorchSharpLibrary, EntryPoint = "THSTensor_type")]
    public static partial sbyte Type(nint tensor);

    [LibraryImport(TorchSharpLibrary, EntryPoint = "THSTensor_numel")]
    public static partial long ElementCount(nint tensor);

    [LibraryImport(TorchSharpLibrary, EntryPoint = "THSTensor_is_sparse")]
    [return: MarshalAs(UnmanagedType.U1)]
    public static partial bool IsSparse(nint tensor);

    [LibraryImport(TorchSharpLibrary, EntryPoint = "THSTensor_is_contiguous")]
    private static partial int IsContiguousFlag(nint tensor);

    [LibraryImport(TorchSharpLibrary, EntryPoint = "THSTensor_dispose")]
    public static partial void Release(nint tensor);

    /// <summary>Whether the elements lie row after row without gaps.</summary>
    public static bool IsContiguous(nint tensor) => (IsContiguousFlag(tensor) & 0xFF) != 0;

    /// <summary>Runs a function on the threads that libtorch computes with; each gets a part of the range.</summary>
    /// <param name="count">The length of the range.</param>
    /// <param name="function">Gets begin, end and context. It must not throw.</param>
    /// <param name="context">Handed to the function.</param>
    /// <returns>False if this libtorch has no such function; then nothing was run.</returns>
    public static bool TryRunParallel(int count, delegate* unmanaged<long, long, nint, void> function, nint context) =>
        ParallelFor is not null && ParallelFor(0, count, 1, function, context) == 0;
}
