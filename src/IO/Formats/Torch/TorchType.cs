using static TorchSharp.torch;

namespace Fulgurite.IO;

/// <summary>Maps element types to the names of PyTorch's storage classes.</summary>
internal static class TorchType
{
    private const string Suffix = "Storage";

    private static readonly Dictionary<ScalarType, string> Names = new()
    {
        [ScalarType.Byte] = "Byte" + Suffix,
        [ScalarType.Int8] = "Char" + Suffix,
        [ScalarType.Int16] = "Short" + Suffix,
        [ScalarType.Int32] = "Int" + Suffix,
        [ScalarType.Int64] = "Long" + Suffix,
        [ScalarType.Float16] = "Half" + Suffix,
        [ScalarType.Float32] = "Float" + Suffix,
        [ScalarType.Float64] = "Double" + Suffix,
        [ScalarType.ComplexFloat32] = "ComplexFloat" + Suffix,
        [ScalarType.ComplexFloat64] = "ComplexDouble" + Suffix,
        [ScalarType.Bool] = "Bool" + Suffix,
        [ScalarType.BFloat16] = "BFloat16" + Suffix,
    };

    private static readonly Dictionary<string, ScalarType> Types = Names.ToDictionary(pair => pair.Value, pair => pair.Key, StringComparer.Ordinal);

    /// <summary>Returns the name of the storage class, such as <c>FloatStorage</c>.</summary>
    public static string StorageName(ScalarType type) => Names[type];

    /// <summary>Parses the name of a storage class.</summary>
    public static bool TryParse(string storageName, out ScalarType type) => Types.TryGetValue(storageName, out type);
}
