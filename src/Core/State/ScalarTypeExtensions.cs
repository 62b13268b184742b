using static TorchSharp.torch;

namespace Fulgurite.State;

/// <summary>Properties of element types, available without the native library.</summary>
public static class ScalarTypeExtensions
{
    /// <summary>Returns the size of one element in bytes.</summary>
    /// <param name="type">The element type.</param>
    /// <exception cref="ArgumentOutOfRangeException">The value is not a TorchSharp element type.</exception>
    public static int ElementByteSize(this ScalarType type) => type switch
    {
        ScalarType.Byte or ScalarType.Int8 or ScalarType.Bool => 1,
        ScalarType.Int16 or ScalarType.Float16 or ScalarType.BFloat16 => 2,
        ScalarType.Int32 or ScalarType.Float32 => 4,
        ScalarType.Int64 or ScalarType.Float64 or ScalarType.ComplexFloat32 => 8,
        ScalarType.ComplexFloat64 => 16,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "The value is not a TorchSharp element type."),
    };
}
