using System.Runtime.InteropServices;

namespace TorchSharp.Interop;

/// <summary>One argument or result as the bridge sees it (bridge.h). 16 bytes.</summary>
[StructLayout(LayoutKind.Explicit, Size = 16)]
internal struct Value
{
    [FieldOffset(0)]
    public ValueKind Kind;

    /// <summary>Length of a list, index of a device.</summary>
    [FieldOffset(4)]
    public int Count;

    [FieldOffset(8)]
    public long Int;

    [FieldOffset(8)]
    public double Double;

    [FieldOffset(8)]
    public nint Pointer;
}

internal enum ValueKind
{
    None = 0,
    Tensor = 1,
    Int = 2,
    Double = 3,
    Bool = 4,
    Ints = 5,
    Doubles = 6,
    Tensors = 7,
    OptionalTensors = 8,
    Text = 9,
    Device = 10,
    Generator = 11,
    Default = 12,
    Bools = 13,
    Complex = 14,
}
