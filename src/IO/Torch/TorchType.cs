using static TorchSharp.torch;

namespace Fulgurite.IO.Torch;

/// <summary>The names that PyTorch gives the storages of each element type.</summary>
internal static class TorchType
{
    private const string Suffix = "Storage";

    private static readonly Dictionary<ScalarType, string> Names = new()
    {
        [ScalarType.Byte] = "Byte",
        [ScalarType.Int8] = "Char",
        [ScalarType.Int16] = "Short",
        [ScalarType.Int32] = "Int",
        [ScalarType.Int64] = "Long",
        [ScalarType.Float16] = "Half",
        [ScalarType.Float32] = "Float",
        [ScalarType.Float64] = "Double",
        [ScalarType.ComplexFloat32] = "ComplexFloat",
        [ScalarType.ComplexFloat64] = "ComplexDouble",
        [ScalarType.Bool] = "Bool",
        [ScalarType.BFloat16] = "BFloat16",
    };

    private static readonly Dictionary<string, ScalarType> Types = Names.ToDictionary(pair => pair.Value + Suffix, pair => pair.Key, StringComparer.Ordinal);

    /// <summary>The name of the storage class, such as <c>FloatStorage</c>.</summary>
    public static string StorageName(ScalarType type) => Names[type] + Suffix;

    /// <summary>The element type of a storage class, if there is one of that name.</summary>
    public static bool TryParse(string storageName, out ScalarType type) => Types.TryGetValue(storageName, out type);
}
