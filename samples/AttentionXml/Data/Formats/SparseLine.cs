using System.Globalization;

namespace AttentionXml.Data.Formats;

/// <summary>
/// A line <c>l1,l2 f:v f:v</c>; a document without labels begins with a blank. The features replace the words of the document, highest
/// value first, because their order in the text is unknown.
/// </summary>
internal sealed class SparseLine
{
    private readonly List<(float Value, Range Place)> _features = [];

    /// <summary>Finds labels and features.</summary>
    /// <param name="line">The line.</param>
    /// <param name="maxWords">The maximum number of features, highest values first.</param>
    /// <param name="labels">The allowed numbers of labels.</param>
    /// <param name="features">The allowed numbers of features.</param>
    public void Parse(CorpusLine line, int maxWords, NumberRange labels, NumberRange features)
    {
        var text = line.Text;
        var firstBlank = text.IndexOfAny(' ', '\t');
        var labelEnd = firstBlank < 0 ? text.Length : firstBlank;
        if (text[..labelEnd].Contains(':'))
        {
            throw new FormatException("expected labels before the features: 'l1,l2 f:v f:v', or a blank first where there are none.");
        }

        if (labelEnd > 0)
        {
            foreach (var label in text[..labelEnd].Split(','))
            {
                labels.Check(text[label], "label");
                line.AddLabel(label);
            }
        }

        _features.Clear();
        foreach (var part in text[labelEnd..].SplitAny(' ', '\t'))
        {
            if (part.End.Value > part.Start.Value)
            {
                _features.Add(ParseFeature(text, (labelEnd + part.Start.Value)..(labelEnd + part.End.Value), features));
            }
        }

        foreach (var (_, place) in _features.OrderByDescending(f => f.Value).Take(maxWords))
        {
            line.AddWord(place);
        }
    }

    private static (float Value, Range Place) ParseFeature(ReadOnlySpan<char> text, Range place, NumberRange features)
    {
        var pair = text[place];
        var colon = pair.IndexOf(':');
        if (colon < 0 || !float.TryParse(pair[(colon + 1)..], NumberStyles.Float, CultureInfo.InvariantCulture, out var value))
        {
            throw new FormatException($"expected a feature as 'number:value', found '{pair}'.");
        }

        features.Check(pair[..colon], "feature");
        return (value, place.Start..(place.Start.Value + colon));
    }
}
