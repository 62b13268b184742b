using System.Globalization;
using System.Text.Json.Nodes;

namespace Fulgurite.Bench.Report;

/// <summary>Reads fields of a line, and writes numbers for people.</summary>
internal static class JsonFields
{
    public static string Text(this JsonObject line, string field) => (string?)line[field] ?? throw Missing(line, field);

    public static double Number(this JsonObject line, string field) => line.NumberOrNull(field) ?? throw Missing(line, field);

    public static double? NumberOrNull(this JsonObject line, string field) =>
        line[field] is JsonValue value && value.TryGetValue<double>(out var number) ? number : null;

    public static IReadOnlyList<double> Numbers(this JsonObject line, string field) =>
        line[field] is JsonArray array ? [.. array.Select(value => (double)value!)] : [];

    /// <summary>A number with three digits, or a dash where there is none.</summary>
    public static string Show(this double? value) => value is { } number && double.IsFinite(number) ? Show(number) : "–";

    public static string Show(this double value)
    {
        if (value == 0)
        {
            return "0";
        }

        var digits = Math.Clamp(2 - (int)Math.Floor(Math.Log10(Math.Abs(value))), 0, 12);
        return Math.Round(value, digits).ToString("#,0.############", CultureInfo.InvariantCulture);
    }

    public static string Show(this JsonObject line, string field) => line.NumberOrNull(field).Show();

    private static InvalidDataException Missing(JsonObject line, string field) =>
        new(
            $"A line of '{(string?)line["command"]}' has no field '{field}'. It was kept by another version: "
                + "measure it again with './bench.sh all --only NAME'.");
}
