using System.Globalization;
using AttentionXml.Metrics;

namespace AttentionXml.Run;

/// <summary>Compares rankings in a table.</summary>
internal static class ScoreTable
{
    public static IEnumerable<string> Lines(string title, params IReadOnlyList<(string Name, RankingScores Scores)> rows)
    {
        var width = rows.Select(row => row.Name.Length).Append(title.Length).Max();
        yield return $"{title.PadRight(width)}   PSP@1   PSP@3   PSP@5     P@1     P@3     P@5  nDCG@5";
        foreach (var (name, scores) in rows)
        {
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"{name.PadRight(width)}  {scores.PropensityScoredAt1:0.0000}"
                + $"  {scores.PropensityScoredAt3:0.0000}  {scores.PropensityScoredAt5:0.0000}"
                + $"  {scores.PrecisionAt1:0.0000}  {scores.PrecisionAt3:0.0000}  {scores.PrecisionAt5:0.0000}  {scores.NdcgAt5:0.0000}");
        }
    }
}
