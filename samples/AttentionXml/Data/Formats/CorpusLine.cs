namespace AttentionXml.Data.Formats;

/// <summary>One document of a file: the positions of its labels and words in one buffer. Reused for every line.</summary>
internal sealed class CorpusLine
{
    private readonly List<Range> _labels = [], _words = [];
    private char[] _buffer = new char[4096];
    private int _length;

    public int LabelCount => _labels.Count;

    public int WordCount => _words.Count;

    public ReadOnlySpan<char> Text => _buffer.AsSpan(0, _length);

    public ReadOnlySpan<char> Label(int index) => Text[_labels[index]];

    public ReadOnlySpan<char> Word(int index) => Text[_words[index]];

    public void AddLabel(Range place) => _labels.Add(place);

    public void AddWord(Range place) => _words.Add(place);

    public void Reset(ReadOnlySpan<char> text)
    {
        _labels.Clear();
        _words.Clear();
        _length = text.Length;
        if (_buffer.Length < text.Length)
        {
            _buffer = new char[Math.Max(text.Length, _buffer.Length * 2)];
        }

        text.CopyTo(_buffer);
    }

    public void LowerCase(Range place)
    {
        foreach (ref var letter in _buffer.AsSpan(0, _length)[place])
        {
            letter = char.ToLowerInvariant(letter);
        }
    }
}
