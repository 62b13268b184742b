using System.Globalization;

namespace AttentionXml.Data.Formats;

/// <summary>
/// The format of the extreme classification repository: a header <c>points features labels</c>, then lines <c>l1,l2 f:v f:v</c>; labels and
/// features count from 0 and are below the numbers in the header.
/// </summary>
internal sealed class XCFormat : CorpusFormat
{
    private readonly SparseLine _sparse = new();
    private int _points, _features, _labels;

    public override bool TakeHeader(string firstLine)
    {
        var numbers = firstLine.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)
            .Select(text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1)
            .ToArray();
        if (numbers is not [>= 0, > 0, > 0])
        {
            throw new FormatException($"expected the header 'points features labels', three numbers, found '{Shorten(firstLine)}'.");
        }

        (_points, _features, _labels) = (numbers[0], numbers[1], numbers[2]);
        return true;
    }

    public override void Parse(CorpusLine line, int maxWords) =>
        _sparse.Parse(line, maxWords, labels: new NumberRange(0, _labels - 1), features: new NumberRange(0, _features - 1));

    public override void CheckEnd(int documents)
    {
        if (documents != _points)
        {
            throw new FormatException($"the header promises {_points} points, the file has {documents}: it is cut off or was changed.");
        }
    }

    private static string Shorten(string text) => text.Length <= 60 ? text : text[..60] + "...";
}
