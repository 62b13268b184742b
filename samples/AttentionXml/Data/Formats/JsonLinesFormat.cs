using System.Globalization;
using System.Text.Json;

namespace AttentionXml.Data.Formats;

/// <summary>
/// The raw text of the extreme classification repository: a JSON object on each line, with <c>title</c>, <c>content</c> and the numbers of
/// labels, <c>target_ind</c>. Title and content are read as one text.
/// </summary>
internal sealed class JsonLinesFormat : CorpusFormat
{
    private readonly TextFormat _text = new();

    public override void Parse(CorpusLine line, int maxWords)
    {
        line.Reset(ToColumns(line.Text.ToString()));
        _text.Parse(line, maxWords);
    }

    private static string ToColumns(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            var root = document.RootElement;
            var labels = root.GetProperty("target_ind").EnumerateArray()
                .Select(label => label.GetInt32().ToString(CultureInfo.InvariantCulture));
            var words = $"{root.GetProperty("title").GetString()} {root.GetProperty("content").GetString()}";
            return $"{string.Join(' ', labels)}\t{words.Replace('\t', ' ')}";
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new FormatException(
                "expected a JSON object with the texts \"title\" and \"content\" and the numbers \"target_ind\": " + e.Message, e);
        }
    }
}
