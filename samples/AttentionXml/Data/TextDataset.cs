namespace AttentionXml.Data;

/// <summary>The training, validation and test documents of a run.</summary>
internal sealed record TextDataset(Vocabulary Vocabulary, Documents Train, Documents Validation, Documents Test)
{
    /// <summary>Reads a data set.</summary>
    /// <param name="files">Its files. Without a validation file, every Nth training document is used.</param>
    /// <param name="format">One of <see cref="Formats.CorpusFormats.Names"/>.</param>
    /// <param name="limits">Limits on its size.</param>
    /// <param name="validationDocuments">The maximum number of validation documents.</param>
    /// <param name="cache">Where the parsed data set is stored and mapped from; null to keep it in memory.</param>
    /// <exception cref="InputException">A file is missing, empty or malformed, or has nothing to learn.</exception>
    public static TextDataset Read(
        CorpusDirectory files, string format, CorpusLimits limits, int validationDocuments, CorpusCache? cache = null)
    {
        var (vocabulary, corpora) = cache is null
            ? Parse(files, format, limits)
            : cache.GetOrAdd(files, format, limits, () => Parse(files, format, limits));
        var (trainCorpus, test) = (corpora[0], corpora[1]);
        var (train, validation) = files.ValidFile is null
            ? HoldOut(trainCorpus, validationDocuments)
            : (Documents.All(trainCorpus), First(corpora[2], validationDocuments));
        return new TextDataset(vocabulary, train, validation, Documents.All(test));
    }

    private static (Vocabulary Vocabulary, Corpus[] Corpora) Parse(CorpusDirectory files, string format, CorpusLimits limits)
    {
        var builder = new TrainingCorpusBuilder(limits);
        new CorpusFile(files.TrainFile, format).Read(limits.MaxDocuments, limits.MaxTokens, builder.Add);
        var (train, vocabulary) = builder.Build();
        var test = Encode(files.TestFile);
        return (vocabulary, files.ValidFile is null ? [train, test] : [train, test, Encode(files.ValidFile)]);

        Corpus Encode(string file)
        {
            var encoder = new CorpusEncoder(vocabulary);
            new CorpusFile(file, format).Read(int.MaxValue, limits.MaxTokens, encoder.Add);
            return encoder.Corpus.Count > 0
                ? encoder.Corpus
                : throw new InputException($"{file}: no document has a label; there is nothing to measure by.");
        }
    }

    private static Documents First(Corpus corpus, int count) => new(corpus, [.. Enumerable.Range(0, Math.Min(count, corpus.Count))]);

    private static (Documents Train, Documents Validation) HoldOut(Corpus corpus, int validationDocuments)
    {
        // At most a tenth, evenly distributed, for any order of the file.
        var stride = Math.Max(10, (corpus.Count + validationDocuments - 1) / validationDocuments);
        if (corpus.Count < stride)
        {
            throw new InputException(
                $"{corpus.Count} training documents with labels are too few to hold out some for validation: give at least {stride}, "
                    + $"or a {CorpusDirectory.Valid}.");
        }

        var all = Enumerable.Range(0, corpus.Count).ToLookup(i => i % stride == stride - 1);
        return (new Documents(corpus, [.. all[false]]), new Documents(corpus, [.. all[true]]));
    }
}
