using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fulgurite.Bench.Measuring;

/// <summary>Prints results, one JSON object a line.</summary>
internal static class JsonLine
{
    public static void Print(JsonObject result) => Console.Out.WriteLine(result.ToJsonString(JsonSerializerOptions.Default));

    /// <summary>A number with four significant digits: more would be noise.</summary>
    public static double Round(double value)
    {
        if (value == 0 || !double.IsFinite(value))
        {
            return value;
        }

        var digits = Math.Clamp(3 - (int)Math.Floor(Math.Log10(Math.Abs(value))), 0, 12);
        return Math.Round(value, digits);
    }
}
