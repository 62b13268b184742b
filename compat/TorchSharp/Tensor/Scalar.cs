using System.Numerics;
using TorchSharp.Interop;
using static TorchSharp.torch;

namespace TorchSharp;

/// <summary>A number given to an operator: an integer, a boolean, a floating-point or a complex number.</summary>
public sealed class Scalar : IDisposable
{
    private readonly long _bits;
    private readonly Complex _complex;

    private Scalar(long bits, ScalarType type)
    {
        _bits = bits;
        Type = type;
    }

    private Scalar(Complex value, ScalarType type)
    {
        _complex = value;
        Type = type;
    }

    public ScalarType Type { get; }

    internal double AsDouble => Type switch
    {
        ScalarType.Float64 => BitConverter.Int64BitsToDouble(_bits),
        ScalarType.ComplexFloat64 => _complex.Real,
        _ => _bits,
    };

    internal long AsInt64 => Type switch
    {
        ScalarType.Float64 => (long)BitConverter.Int64BitsToDouble(_bits),
        ScalarType.ComplexFloat64 => (long)_complex.Real,
        _ => _bits,
    };

    internal Complex AsComplex => Type == ScalarType.ComplexFloat64 ? _complex : new Complex(AsDouble, 0);

    public static implicit operator Scalar(byte value) => new(value, ScalarType.Int64);

    public static implicit operator Scalar(sbyte value) => new(value, ScalarType.Int64);

    public static implicit operator Scalar(short value) => new(value, ScalarType.Int64);

    public static implicit operator Scalar(int value) => new(value, ScalarType.Int64);

    public static implicit operator Scalar(long value) => new(value, ScalarType.Int64);

    public static implicit operator Scalar(Half value) => (double)value;

    public static implicit operator Scalar(float value) => (double)value;

    public static implicit operator Scalar(double value) => new(BitConverter.DoubleToInt64Bits(value), ScalarType.Float64);

    public static implicit operator Scalar(bool value) => new(value ? 1 : 0, ScalarType.Bool);

    public static implicit operator Scalar((float, float) value) => new(new Complex(value.Item1, value.Item2), ScalarType.ComplexFloat64);

    public static implicit operator Scalar(Complex value) => new(value, ScalarType.ComplexFloat64);

    /// <summary>Nothing to release: the number is in managed memory. Here because code for TorchSharp calls it.</summary>
    public void Dispose()
    {
    }

    internal Arg ToArg() => Type switch
    {
        ScalarType.Float64 => BitConverter.Int64BitsToDouble(_bits),
        ScalarType.Bool => _bits != 0,
        ScalarType.ComplexFloat64 => Arg.Complex(_complex.Real, _complex.Imaginary),
        _ => _bits,
    };
}
