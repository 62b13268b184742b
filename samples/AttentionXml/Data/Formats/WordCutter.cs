namespace AttentionXml.Data.Formats;

/// <summary>Splits text into words: the longest runs of letters, digits and underscores; runs of digits only are dropped.</summary>
internal static class WordCutter
{
    public static void Cut(CorpusLine line, int start, int maxWords)
    {
        var text = line.Text;
        for (var i = start; i < text.Length && line.WordCount < maxWords;)
        {
            var end = i;
            var numeric = true;
            for (; end < text.Length && IsWordCharacter(text[end]); end++)
            {
                numeric &= char.IsNumber(text[end]);
            }

            if (end > i && !numeric)
            {
                line.AddWord(i..end);
            }

            i = end + 1;
        }
    }

    // Beyond the basic plane (two surrogates) letters are far more frequent than anything else.
    private static bool IsWordCharacter(char c) => char.IsLetter(c) || char.IsNumber(c) || c == '_' || char.IsSurrogate(c);
}
