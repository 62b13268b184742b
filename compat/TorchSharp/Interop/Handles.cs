using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace TorchSharp.Interop;

/// <summary>The handles of some tensors in memory that libtorch can read, and the tensors alive as long.</summary>
internal unsafe ref struct Handles
{
    private readonly IList<Tensor>? _tensors;

    public Handles(IList<Tensor>? tensors)
    {
        _tensors = tensors;
        Count = tensors?.Count ?? 0;
        if (Count == 0)
        {
            return;
        }

        Pointer = (nint*)NativeMemory.Alloc((nuint)Count, (nuint)sizeof(nint));
        for (var i = 0; i < Count; i++)
        {
            // A gradient may be left out: libtorch then takes ones.
            Pointer[i] = tensors![i]?.Handle ?? 0;
        }
    }

    public nint* Pointer { get; private set; }

    public int Count { get; }

    public void Dispose()
    {
        NativeMemory.Free(Pointer);
        Pointer = null;
        GC.KeepAlive(_tensors);
    }
}
