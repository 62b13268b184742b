namespace AttentionXml.Data.Formats;

/// <summary>
/// LibMultiLabel's text format: <c>ID TAB labels TAB text</c>, or without the ID; labels are separated by blanks, and a document may have
/// none. The text is lower-cased and split into words by <see cref="WordCutter"/>.
/// </summary>
internal sealed class TextFormat : CorpusFormat
{
    private int _columns;

    public override void Parse(CorpusLine line, int maxWords)
    {
        var text = line.Text;
        var columns = text.Count('\t') + 1;
        if (columns is not (2 or 3) || (_columns != 0 && columns != _columns))
        {
            var expected = _columns == 0
                ? "2 columns (labels TAB text) or 3 (ID TAB labels TAB text)"
                : $"{_columns} columns as on the first line";
            throw new FormatException($"expected {expected}, found {columns}.");
        }

        _columns = columns;
        var textStart = text.LastIndexOf('\t') + 1;
        var labelStart = columns == 3 ? text.IndexOf('\t') + 1 : 0;
        foreach (var label in text[labelStart..(textStart - 1)].Split(' '))
        {
            if (label.End.Value > label.Start.Value)
            {
                line.AddLabel((labelStart + label.Start.Value)..(labelStart + label.End.Value));
            }
        }

        line.LowerCase(textStart..);
        WordCutter.Cut(line, textStart, maxWords);
    }
}
