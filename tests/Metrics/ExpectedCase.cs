using System.Text.Json;

namespace Fulgurite.Tests.Metrics;

/// <summary>A line of expected.json, which expected.py writes with scikit-learn.</summary>
public sealed record ExpectedCase(string Name, JsonElement Predictions, JsonElement Targets, double Value, int[][]? Matrix)
{
    private static readonly JsonSerializerOptions Options = new() { PropertyNameCaseInsensitive = true };

    public static IReadOnlyList<ExpectedCase> All { get; } = Read();

    /// <summary>Returns the rows from a start to an end, as predictions and targets.</summary>
    public (Tensor Predictions, Tensor Targets) Rows(int start, int end) => (Tensor(Predictions, start, end), Tensor(Targets, start, end));

    public int Count => Targets.GetArrayLength();

    private static Tensor Tensor(JsonElement rows, int start, int end)
    {
        var selected = rows.EnumerateArray().Skip(start).Take(end - start).ToList();
        return selected[0].ValueKind == JsonValueKind.Array
            ? stack(selected.Select(row => tensor(row.EnumerateArray().Select(number => number.GetDouble()).ToArray())))
            : tensor(selected.Select(number => number.GetDouble()).ToArray());
    }

    private static List<ExpectedCase> Read()
    {
        using var file = typeof(ExpectedCase).Assembly.GetManifestResourceStream("expected.json")!;
        return JsonSerializer.Deserialize<List<ExpectedCase>>(file, Options)!;
    }
}
