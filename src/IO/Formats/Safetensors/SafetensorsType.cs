using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite.IO;

/// <summary>The names that safetensors gives element types.</summary>
internal static class SafetensorsType
{
    private static readonly Dictionary<string, ScalarType> Types = new(StringComparer.Ordinal)
    {
        ["F64"] = ScalarType.Float64,
        ["F32"] = ScalarType.Float32,
        ["F16"] = ScalarType.Float16,
        ["BF16"] = ScalarType.BFloat16,
        ["I64"] = ScalarType.Int64,
        ["I32"] = ScalarType.Int32,
        ["I16"] = ScalarType.Int16,
        ["I8"] = ScalarType.Int8,
        ["U8"] = ScalarType.Byte,
        ["BOOL"] = ScalarType.Bool,
        ["C64"] = ScalarType.ComplexFloat32,
    };

    private static readonly Dictionary<ScalarType, string> Names = Types.ToDictionary(pair => pair.Value, pair => pair.Key);

    /// <summary>
    /// The type that a tensor is stored as. Complex numbers are stored as pairs of real ones: only the newest readers know one complex
    /// type, and none knows the other.
    /// </summary>
    public static ScalarType StoredAs(ScalarType type) => type switch
    {
        ScalarType.ComplexFloat32 => ScalarType.Float32,
        ScalarType.ComplexFloat64 => ScalarType.Float64,
        _ => type,
    };

    /// <summary>The name of a type that can be stored.</summary>
    public static string Name(ScalarType type) => Names[type];

    /// <summary>The type of a name.</summary>
    public static bool TryParse(string name, out ScalarType type) => Types.TryGetValue(name, out type);

    /// <summary>The name under which any type stands in the tree.</summary>
    public static string TreeName(ScalarType type) => type == ScalarType.ComplexFloat64 ? "C128" : Name(type);

    /// <summary>The type of a name in the tree.</summary>
    public static bool TryParseTreeName(string name, out ScalarType type)
    {
        type = ScalarType.ComplexFloat64;
        return string.Equals(name, "C128", StringComparison.Ordinal) || TryParse(name, out type);
    }

    /// <summary>How many bytes an element of a type that only the format knows has; zero for no such type.</summary>
    public static int ForeignByteSize(string name) => name switch
    {
        "U64" => 8,
        "U32" => 4,
        "U16" => 2,
        "F8_E4M3" or "F8_E5M2" or "F8_E8M0" => 1,
        _ => TryParse(name, out var type) ? type.ElementByteSize() : 0,
    };
}
