using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Fulgurite.Cli;

/// <summary>Converts elements to numbers and back, without libtorch.</summary>
internal static class ElementConversion
{
    /// <summary>Converts elements to double precision; a complex element yields two numbers.</summary>
    /// <param name="source">The elements.</param>
    /// <param name="type">Their type.</param>
    /// <param name="numbers">The destination.</param>
    public static void ToNumbers(ReadOnlySpan<byte> source, ScalarType type, Span<double> numbers)
    {
        switch (type)
        {
            case ScalarType.Float32 or ScalarType.ComplexFloat32:
                Convert<float>(source, numbers, value => value);
                break;
            case ScalarType.Float64 or ScalarType.ComplexFloat64:
                MemoryMarshal.Cast<byte, double>(source).CopyTo(numbers);
                break;
            case ScalarType.Float16:
                Convert<Half>(source, numbers, value => (double)value);
                break;
            case ScalarType.BFloat16:
                Convert<ushort>(source, numbers, value => BitConverter.UInt32BitsToSingle((uint)value << 16));
                break;
            case ScalarType.Int64:
                Convert<long>(source, numbers, value => value);
                break;
            case ScalarType.Int32:
                Convert<int>(source, numbers, value => value);
                break;
            case ScalarType.Int16:
                Convert<short>(source, numbers, value => value);
                break;
            case ScalarType.Int8:
                Convert<sbyte>(source, numbers, value => value);
                break;
            default:
                Convert<byte>(source, numbers, value => value);
                break;
        }
    }

    /// <summary>Converts numbers to elements of a real type, rounded to nearest, ties to even.</summary>
    public static void FromNumbers(ReadOnlySpan<double> numbers, ScalarType type, Span<byte> destination)
    {
        switch (type)
        {
            case ScalarType.Float32:
                Convert(numbers, MemoryMarshal.Cast<byte, float>(destination), value => (float)value);
                break;
            case ScalarType.Float64:
                numbers.CopyTo(MemoryMarshal.Cast<byte, double>(destination));
                break;
            case ScalarType.Float16:
                Convert(numbers, MemoryMarshal.Cast<byte, Half>(destination), value => (Half)value);
                break;
            case ScalarType.BFloat16:
                Convert(numbers, MemoryMarshal.Cast<byte, ushort>(destination), ToBrainFloat);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(type), type, "Numbers can only be converted to real types.");
        }
    }

    /// <summary>Rounds to the upper half of a float; via float, as PyTorch converts a double.</summary>
    private static ushort ToBrainFloat(double value)
    {
        const ushort notANumber = 0x7FC0;
        var bits = BitConverter.SingleToUInt32Bits((float)value);
        return double.IsNaN(value) ? notANumber : (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }

    private static void Convert<T>(ReadOnlySpan<byte> source, Span<double> numbers, Func<T, double> convert)
        where T : unmanaged
    {
        var elements = MemoryMarshal.Cast<byte, T>(source);
        for (var index = 0; index < elements.Length; index++)
        {
            numbers[index] = convert(elements[index]);
        }
    }

    private static void Convert<T>(ReadOnlySpan<double> numbers, Span<T> elements, Func<double, T> convert)
    {
        for (var index = 0; index < elements.Length; index++)
        {
            elements[index] = convert(numbers[index]);
        }
    }
}

/// <summary>Maps element types to their PyTorch names.</summary>
internal static class ElementTypes
{
    /// <summary>The names accepted by <c>--dtype</c>.</summary>
    public static readonly string[] Convertible = ["float16", "bfloat16", "float32", "float64"];

    public static string Name(ScalarType type) => type switch
    {
        ScalarType.Byte => "uint8",
        ScalarType.Int8 => "int8",
        ScalarType.Int16 => "int16",
        ScalarType.Int32 => "int32",
        ScalarType.Int64 => "int64",
        ScalarType.Float16 => "float16",
        ScalarType.BFloat16 => "bfloat16",
        ScalarType.Float32 => "float32",
        ScalarType.Float64 => "float64",
        ScalarType.Bool => "bool",
        ScalarType.ComplexFloat32 => "complex64",
        ScalarType.ComplexFloat64 => "complex128",
        _ => type.ToString(),
    };

    public static ScalarType Parse(string name) => name switch
    {
        "float16" => ScalarType.Float16,
        "bfloat16" => ScalarType.BFloat16,
        "float32" => ScalarType.Float32,
        "float64" => ScalarType.Float64,
        _ => throw new UsageException($"--dtype is '{name}'; allowed is {string.Join(", ", Convertible)}."),
    };

    public static bool IsReal(ScalarType type) =>
        type is ScalarType.Float16 or ScalarType.BFloat16 or ScalarType.Float32 or ScalarType.Float64;

    public static bool IsComplex(ScalarType type) => type is ScalarType.ComplexFloat32 or ScalarType.ComplexFloat64;
}
