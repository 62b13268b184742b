using AttentionXml.Data.Formats;

namespace AttentionXml.Data;

/// <summary>Reads a file with an existing vocabulary.</summary>
internal sealed class CorpusEncoder(Vocabulary vocabulary)
{
    private readonly List<int> _words = [], _labels = [];

    public Corpus Corpus { get; } = new();

    public void Add(CorpusLine line)
    {
        if (line.LabelCount == 0)
        {
            return;
        }

        _words.Clear();
        for (var i = 0; i < line.WordCount; i++)
        {
            _words.Add(vocabulary.Words.Find(line.Word(i)) ?? Vocabulary.Unknown);
        }

        _labels.Clear();
        for (var i = 0; i < line.LabelCount; i++)
        {
            if (vocabulary.Labels.Find(line.Label(i)) is { } label)
            {
                _labels.Add(label);
            }
        }

        Corpus.Add([.. _words], [.. _labels], line.LabelCount);
    }
}
