using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite.IO;

/// <summary>Maps element types to their safetensors names.</summary>
internal static class SafetensorsType
{
    private const int MaxNameLength = 32;

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
    /// Returns the type that a tensor is stored as. Complex numbers are stored as pairs of real numbers: only the newest readers support
    /// one complex type, and none supports the other.
    /// </summary>
    public static ScalarType StoredAs(ScalarType type) => type switch
    {
        ScalarType.ComplexFloat32 => ScalarType.Float32,
        ScalarType.ComplexFloat64 => ScalarType.Float64,
        _ => type,
    };

    /// <summary>Returns the name of a type that can be stored.</summary>
    public static string Name(ScalarType type) => Names[type];

    /// <summary>Parses a type name.</summary>
    public static bool TryParse(string name, out ScalarType type) => Types.TryGetValue(name, out type);

    /// <summary>Returns the name of a type in the tree; all types are supported.</summary>
    public static string TreeName(ScalarType type) => type == ScalarType.ComplexFloat64 ? "C128" : Name(type);

    /// <summary>Parses a type name of the tree.</summary>
    public static bool TryParseTreeName(string name, out ScalarType type)
    {
        type = ScalarType.ComplexFloat64;
        return string.Equals(name, "C128", StringComparison.Ordinal) || TryParse(name, out type);
    }

    /// <summary>Returns the element size in bits, also for types that only the format has; null for an unknown type.</summary>
    public static int? BitSize(string name) => name switch
    {
        "U64" => 64,
        "U32" => 32,
        "U16" => 16,
        "F6_E2M3" or "F6_E3M2" => 6,
        "F4" => 4,
        _ when name.StartsWith("F8_", StringComparison.Ordinal) => 8,
        _ => TryParse(name, out var type) ? type.ElementByteSize() * 8 : null,
    };

    /// <summary>Returns true if the text is a syntactically valid type name, such as one of a later format version.</summary>
    public static bool IsName(string name) =>
        name.Length is > 0 and <= MaxNameLength && name.All(character => char.IsAsciiLetterOrDigit(character) || character == '_');
}
