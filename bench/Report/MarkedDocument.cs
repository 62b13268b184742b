namespace Fulgurite.Bench.Report;

/// <summary>
/// A page written by hand with places for what is measured: what lies between <c>&lt;!-- bench:NAME --&gt;</c> and
/// <c>&lt;!-- /bench:NAME --&gt;</c>, each on a line of its own, is replaced and all else stays.
/// </summary>
/// <param name="path">The file, for messages.</param>
/// <param name="text">What is in it.</param>
internal sealed class MarkedDocument(string path, string text)
{
    public string Text { get; private set; } = text;

    /// <summary>Finds a place.</summary>
    /// <exception cref="InvalidDataException">One of the two markers is not there once, or they are the wrong way round.</exception>
    public void Check(string name) => Find(name);

    /// <summary>Puts something into a place, instead of what is there.</summary>
    /// <exception cref="InvalidDataException">One of the two markers is not there once, or they are the wrong way round.</exception>
    public void Replace(string name, string content)
    {
        var (start, end) = Find(name);
        Text = $"{Text[..start]}\n{content.Trim('\n')}\n\n{Text[end..]}";
    }

    private (int Start, int End) Find(string name)
    {
        var start = Only($"<!-- bench:{name} -->\n");
        var end = Only($"<!-- /bench:{name} -->\n");
        var inner = start + $"<!-- bench:{name} -->\n".Length;
        return inner <= end
            ? (inner, end)
            : throw new InvalidDataException($"{path}: the end of 'bench:{name}' comes before its beginning.");
    }

    private int Only(string marker)
    {
        var first = Text.IndexOf(marker, StringComparison.Ordinal);
        if (first < 0 || Text.IndexOf(marker, first + 1, StringComparison.Ordinal) >= 0)
        {
            throw new InvalidDataException(
                $"{path}: the line {marker.Trim()} must be there once. Tables are put between it and its other half; bring it back.");
        }

        return first;
    }
}
