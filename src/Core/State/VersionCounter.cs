using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Fulgurite.State;

/// <summary>The counter of changes that a tensor shares with its views. Operations of libtorch in place increment it.</summary>
internal static unsafe class VersionCounter
{
    private static readonly delegate* unmanaged<nint, long> Version =
        (delegate* unmanaged<nint, long>)LibtorchExports.Find("_ZNK2at10TensorBase8_versionEv");

    private static readonly delegate* unmanaged<nint, void> Bump = (delegate* unmanaged<nint, void>)LibtorchExports.Find(
        "_ZN5torch8autograd4impl12bump_versionERKN2at6TensorE");

    private static readonly delegate* unmanaged<nint, byte> IsInference = (delegate* unmanaged<nint, byte>)LibtorchExports.Find(
        "_ZN2at6native12is_inferenceERKNS_6TensorE");

    /// <summary>
    /// Returns whether the counter of a tensor can be read: this libtorch exports what does, and the tensor was not made in inference mode.
    /// </summary>
    public static bool IsReadable(Tensor tensor) => Version is not null && IsInference is not null && IsInference(tensor.Handle) == 0;

    /// <summary>Returns the counter of a tensor.</summary>
    public static long Of(Tensor tensor)
    {
        var version = Version(tensor.Handle);
        GC.KeepAlive(tensor);
        return version;
    }

    /// <summary>
    /// Counts a change of a tensor's memory that was written directly, so that autograd reports a backward pass that needs the values from
    /// before, and a capture sees it.
    /// </summary>
    public static void Count(Tensor tensor)
    {
        if (Bump is not null && IsInference is not null)
        {
            if (IsInference(tensor.Handle) == 0)
            {
                Bump(tensor.Handle);
            }

            GC.KeepAlive(tensor);
            return;
        }

        try
        {
            // A view of no elements has the counter of its tensor.
            using var _ = no_grad();
            using var detached = tensor.detach();
            using var empty = detached.as_strided([0], [1]);
            empty.zero_();
        }
        catch (ExternalException)
        {
            // A tensor that was made in inference mode has no counter.
        }
    }
}
