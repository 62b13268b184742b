using static TorchSharp.torch;

namespace TorchSharp.Interop;

/// <summary>
/// One argument of an operator: a value, and the object that it came from, which must outlive the call. A list is copied to
/// memory of the call when it is made.
/// </summary>
internal readonly struct Arg
{
    public readonly object? Source;
    public readonly Value Value;

    private Arg(ValueKind kind, long bits, object? source = null, int count = 0)
    {
        Source = source;
        Value.Kind = kind;
        Value.Count = count;
        Value.Int = bits;
    }

    /// <summary>The default that the operator's schema states.</summary>
    public static Arg Default => new(ValueKind.Default, 0);

    public static Arg None => default;

    public static Arg Dtype(ScalarType? type) => type is { } t ? new(ValueKind.Int, (long)t) : default;

    public static Arg OptionalTensors(Tensor?[] tensors) => new(ValueKind.OptionalTensors, 0, tensors, tensors.Length);

    public static Arg Tensors(ReadOnlySpan<Tensor> tensors) => tensors.ToArray();

    public static Arg Ints(ReadOnlySpan<long> ints) => ints.ToArray();

    public static implicit operator Arg(Tensor? tensor) => tensor is null ? default : new(ValueKind.Tensor, tensor.Handle, tensor);

    public static implicit operator Arg(long value) => new(ValueKind.Int, value);

    public static implicit operator Arg(int value) => new(ValueKind.Int, value);

    public static implicit operator Arg(double value) => new(ValueKind.Double, BitConverter.DoubleToInt64Bits(value));

    public static implicit operator Arg(bool value) => new(ValueKind.Bool, value ? 1 : 0);

    public static implicit operator Arg(long? value) => value is { } v ? v : default(Arg);

    public static implicit operator Arg(double? value) => value is { } v ? v : default(Arg);

    public static implicit operator Arg(bool? value) => value is { } v ? v : default(Arg);

    public static implicit operator Arg(ScalarType type) => new(ValueKind.Int, (long)type);

    public static implicit operator Arg(Scalar? scalar) => scalar is null ? default : scalar.ToArg();

    public static implicit operator Arg(long[]? ints) => ints is null ? default : new(ValueKind.Ints, 0, ints, ints.Length);

    public static implicit operator Arg(double[]? doubles) => doubles is null ? default : new(ValueKind.Doubles, 0, doubles, doubles.Length);

    public static implicit operator Arg(bool[] bools) => new(ValueKind.Bools, 0, bools, bools.Length);

    public static implicit operator Arg(Tensor[] tensors) => new(ValueKind.Tensors, 0, tensors, tensors.Length);

    public static implicit operator Arg(string? text) => text is null ? default : new(ValueKind.Text, 0, text, System.Text.Encoding.UTF8.GetByteCount(text));

    public static implicit operator Arg(Device? device) => device is null ? default : new(ValueKind.Device, (long)device.type, device, device.index);

    public static implicit operator Arg(Generator? generator) => generator is null ? default : new(ValueKind.Generator, generator.Handle, generator);

    internal static Arg Of(long value) => new(ValueKind.Int, value);

    internal static Arg Complex(double real, double imaginary) => new(ValueKind.Complex, 0, new[] { real, imaginary }, 2);
}
