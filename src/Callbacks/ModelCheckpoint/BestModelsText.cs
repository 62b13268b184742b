using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Fulgurite.Callbacks;

/// <summary>Checkpoints with their metric as text.</summary>
internal static class BestModelsText
{
    public static string ToYaml(IReadOnlyDictionary<string, double> models)
    {
        var text = new StringBuilder();
        foreach (var (path, score) in models)
        {
            // A string of JSON is one of YAML too.
            text.Append(JsonSerializer.Serialize(path)).Append(": ").Append(Number(score)).Append('\n');
        }

        return models.Count == 0 ? "{}\n" : text.ToString();
    }

    private static string Number(double value) => value switch
    {
        double.PositiveInfinity => ".inf",
        double.NegativeInfinity => "-.inf",
        _ => value.ToString("R", CultureInfo.InvariantCulture),
    };
}
