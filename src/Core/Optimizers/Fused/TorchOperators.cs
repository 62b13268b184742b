using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>Operators of libtorch that TorchSharp does not expose, by their name in its schema, through its stable C functions.</summary>
/// <remarks>
/// An operator takes a stack of 64 bits an argument: numbers by their bits, nothing as 0, tensors and lists by handles, which it takes
/// over. It states the reason of a failure on the error stream only.
/// </remarks>
internal static unsafe class TorchOperators
{
    private static readonly delegate* unmanaged<byte*, byte*, ulong*, int> Dispatch =
        (delegate* unmanaged<byte*, byte*, ulong*, int>)LibtorchExports.Find("aoti_torch_call_dispatcher");
    private static readonly delegate* unmanaged<nint, nint*, int> NewHandle = (delegate* unmanaged<nint, nint*, int>)LibtorchExports.Find(
        "aoti_torch_new_tensor_handle");
    private static readonly delegate* unmanaged<nuint, nint*, int> NewList = (delegate* unmanaged<nuint, nint*, int>)LibtorchExports.Find(
        "torch_new_list_reserve_size");
    private static readonly delegate* unmanaged<nint, ulong, int> Push =
        (delegate* unmanaged<nint, ulong, int>)LibtorchExports.Find("torch_list_push_back");

    /// <summary>Gets whether this libtorch exports the functions.</summary>
    public static bool AreAvailable => Dispatch is not null && NewHandle is not null && NewList is not null && Push is not null;

    /// <summary>Calls an operator without an overload name.</summary>
    /// <param name="name">Its name, zero-terminated.</param>
    /// <param name="arguments">The stack; lists in it are gone after the call.</param>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    public static void Call(ReadOnlySpan<byte> name, ReadOnlySpan<ulong> arguments)
    {
        fixed (byte* text = name)
        {
            fixed (ulong* stack = arguments)
            {
                byte empty = 0;
                Check(Dispatch(text, &empty, stack));
            }
        }
    }

    /// <summary>Makes a list for one call.</summary>
    public static ulong ToList(IReadOnlyList<Tensor> tensors)
    {
        nint list;
        Check(NewList((nuint)tensors.Count, &list));
        for (var index = 0; index < tensors.Count; index++)
        {
            nint handle;
            Check(NewHandle(tensors[index].Handle, &handle));
            Check(Push(list, (ulong)handle));
        }

        GC.KeepAlive(tensors);
        return (ulong)list;
    }

    public static ulong ToBits(double value) => BitConverter.DoubleToUInt64Bits(value);

    public static ulong ToBits(bool value) => value ? 1UL : 0;

    private static void Check(int code)
    {
        if (code != 0)
        {
            throw new InvalidOperationException(
                $"An operator of libtorch failed with code {code}; libtorch has written the reason to the error stream.");
        }
    }
}
