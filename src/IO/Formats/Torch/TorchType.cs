using static TorchSharp.torch;

namespace Fulgurite.IO;

/// <summary>The names of the classes that PyTorch has for the storages of each element type.</summary>
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

    /// <summary>The name of the storage class, such as <c>FloatStorage</c>.</summary>
    public static string StorageName(ScalarType type) => Names[type];

    /// <summary>The element type of a storage class, if there is one of that name.</summary>
    public static bool TryParse(string storageName, out ScalarType type) => Types.TryGetValue(storageName, out type);
}
