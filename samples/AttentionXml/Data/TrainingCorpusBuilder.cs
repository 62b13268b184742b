using AttentionXml.Data.Formats;

namespace AttentionXml.Data;

/// <summary>Reads the training file in one pass, and then selects the words and labels.</summary>
internal sealed class TrainingCorpusBuilder(CorpusLimits limits)
{
    private readonly Interner _words = new(), _labels = new();
    private readonly RaggedInts _documentWords = new(), _documentLabels = new();
    private int[] _row = new int[256];

    public void Add(CorpusLine line)
    {
        // A document without labels contributes neither to training nor to metrics.
        if (line.LabelCount == 0)
        {
            return;
        }

        _documentWords.Add(Number(line.WordCount, _words, line.Word));
        _documentLabels.Add(Number(line.LabelCount, _labels, line.Label));
    }

    /// <exception cref="InputException">No label is frequent enough.</exception>
    public (Corpus Corpus, Vocabulary Vocabulary) Build()
    {
        var words = Keep(_words, limits.MinWordFrequency, limits.MaxVocabulary, Vocabulary.FirstWord, out var wordNumbers);
        var labels = Keep(_labels, limits.MinLabelFrequency, int.MaxValue, 0, out var labelNumbers);
        if (labels.Count == 0)
        {
            throw new InputException(
                $"No label comes {limits.MinLabelFrequency} times or more in the {_documentWords.Count:N0} training documents that have "
                    + "labels. "
                + "Give a smaller --min-label-frequency.");
        }

        var corpus = new Corpus();
        for (var i = 0; i < _documentWords.Count; i++)
        {
            foreach (ref var word in _documentWords[i])
            {
                word = wordNumbers[word] ?? Vocabulary.Unknown;
            }

            var kept = 0;
            foreach (var label in _documentLabels[i])
            {
                if (labelNumbers[label] is { } number)
                {
                    _row[kept++] = number;
                }
            }

            corpus.Add(_documentWords[i], _row.AsSpan(0, kept), _documentLabels[i].Length);
        }

        return (corpus, new Vocabulary(words, labels));
    }

    private ReadOnlySpan<int> Number(int count, Interner interner, NameAt name)
    {
        if (_row.Length < count)
        {
            _row = new int[count * 2];
        }

        for (var i = 0; i < count; i++)
        {
            _row[i] = interner.Add(name(i));
        }

        return _row.AsSpan(0, count);
    }

    private static NameTable Keep(Interner names, int minimumFrequency, int atMost, int first, out int?[] numbers)
    {
        numbers = new int?[names.Count];
        var kept = names.MostFrequent(minimumFrequency, atMost).ToList();
        for (var i = 0; i < kept.Count; i++)
        {
            numbers[kept[i]] = first + i;
        }

        return new NameTable(kept.Select(names.Name), first);
    }

    private delegate ReadOnlySpan<char> NameAt(int index);
}
