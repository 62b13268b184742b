using System.Text.Encodings.Web;
using System.Text.Json;

namespace Fulgurite.Cli;

/// <summary>Formats the JSON output of <c>--json</c>.</summary>
internal static class JsonText
{
    public static readonly JsonSerializerOptions Options = new(JsonSerializerOptions.Default)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Returns a number; NaN and infinities, which JSON lacks, become strings.</summary>
    public static JsonNode Number(double value) => double.IsFinite(value) ? JsonValue.Create(value) : JsonValue.Create(Amounts.Real(value));

    public static JsonArray Array(ReadOnlySpan<long> values)
    {
        var array = new JsonArray();
        foreach (var value in values)
        {
            array.Add((JsonNode)value);
        }

        return array;
    }
}
