using System.Globalization;
using System.Text;
using Fulgurite;
using Fulgurite.IO;

namespace AttentionXml.Data;

/// <summary>
/// Data sets that were read before, as files to map: a large data set is parsed once, and does not occupy memory while it is trained on.
/// An entry depends on the paths, sizes and times of the files and on the limits; remove the folder to free the space.
/// </summary>
/// <param name="directory">The folder of all entries; it need not exist.</param>
internal sealed class CorpusCache(string directory)
{
    private const int Version = 2;

    /// <summary>The file with the names and lengths of the others, without which an entry is not complete.</summary>
    private const string Contents = "contents";

    /// <summary>Returns the data set of these files; reads it with <paramref name="read"/> and stores it if it has no entry.</summary>
    /// <param name="files">The files.</param>
    /// <param name="format">The format of the files.</param>
    /// <param name="limits">The limits on its size.</param>
    /// <param name="read">Reads the training, validation and test corpus.</param>
    /// <exception cref="InputException">The files are invalid, or the entry cannot be written.</exception>
    public (Vocabulary Vocabulary, Corpus[] Corpora) GetOrAdd(
        CorpusDirectory files, string format, CorpusLimits limits, Func<(Vocabulary Vocabulary, Corpus[] Corpora)> read)
    {
        var entry = Path.Combine(directory, Key(files, format, limits));
        if (Directory.Exists(entry))
        {
            try
            {
                return Load(entry);
            }
            catch (Exception e) when (e is IOException or InvalidDataException)
            {
                // Cut off by a power failure, or by hand.
                Directory.Delete(entry, recursive: true);
            }
        }

        var unfinished = $"{entry}.{Environment.ProcessId}.new";
        var (vocabulary, corpora) = read();
        try
        {
            Store(unfinished, vocabulary, corpora);
            try
            {
                Directory.Move(unfinished, entry);
            }
            catch (IOException) when (Directory.Exists(entry))
            {
                // Another run stored the same data set meanwhile.
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CheckpointException)
        {
            throw new InputException($"The data set cannot be stored in {directory}: {e.Message}", e);
        }
        finally
        {
            if (Directory.Exists(unfinished))
            {
                Directory.Delete(unfinished, recursive: true);
            }
        }

        return Load(entry);
    }

    /// <summary>Writes the files of an entry. They are durable before the folder gets its name.</summary>
    private static void Store(string folder, Vocabulary vocabulary, Corpus[] corpora)
    {
        var storage = new LocalStorage();
        Write("words", file => WriteLines(file, Names(vocabulary.Words)));
        Write("labels", file => WriteLines(file, Names(vocabulary.Labels)));
        for (var i = 0; i < corpora.Length; i++)
        {
            var counts = new RaggedInts();
            for (var document = 0; document < corpora[i].Count; document++)
            {
                counts.Add([corpora[i].TrueLabels(document)]);
            }

            Write($"{i}.words", corpora[i].Words.Write);
            Write($"{i}.labels", corpora[i].Labels.Write);
            Write($"{i}.counts", counts.Write);
        }

        var contents = ContentsOf(folder);
        Write(Contents, file => WriteLines(file, contents));

        void Write(string name, Action<Stream> write) => storage.Write(Path.Combine(folder, name), write, CancellationToken.None);
    }

    private static void WriteLines(Stream file, IEnumerable<string> lines)
    {
        foreach (var line in lines)
        {
            file.Write(Encoding.UTF8.GetBytes(line + '\n'));
        }
    }

    private static string[] ContentsOf(string entry) =>
    [
        .. new DirectoryInfo(entry).GetFiles().Where(file => file.Name != Contents)
            .Select(file => string.Create(CultureInfo.InvariantCulture, $"{file.Name} {file.Length}")).Order(StringComparer.Ordinal),
    ];

    private static (Vocabulary Vocabulary, Corpus[] Corpora) Load(string entry)
    {
        if (!File.ReadLines(Path.Combine(entry, Contents)).SequenceEqual(ContentsOf(entry)))
        {
            throw new InvalidDataException($"{entry} is damaged.");
        }

        var vocabulary = new Vocabulary(
            new NameTable(File.ReadLines(Path.Combine(entry, "words")), Vocabulary.FirstWord),
            new NameTable(File.ReadLines(Path.Combine(entry, "labels")), 0));
        var corpora = new List<Corpus>();
        for (var i = 0; File.Exists(Path.Combine(entry, $"{i}.words")); i++)
        {
            var (words, labels, counts) = (Map(i, "words"), Map(i, "labels"), Map(i, "counts"));
            if (labels.Count != words.Count || counts.Count != words.Count)
            {
                throw new InvalidDataException($"{entry} is damaged.");
            }

            corpora.Add(new Corpus(words, labels, Enumerable.Range(0, counts.Count).Select(document => counts[document][0])));
        }

        return (vocabulary, [.. corpora]);

        RaggedInts Map(int corpus, string part) => RaggedInts.Map(Path.Combine(entry, $"{corpus}.{part}"));
    }

    private static string Key(CorpusDirectory files, string format, CorpusLimits limits)
    {
        var parts = new[] { files.TrainFile, files.TestFile, files.ValidFile ?? string.Empty }
            .Where(path => path.Length > 0)
            .Select(path => new FileInfo(path))
            .SelectMany(file => new object[] { file.FullName, file.Length, file.LastWriteTimeUtc.Ticks })
            .Concat([Version, format, limits.MaxTokens, limits.MaxVocabulary])
            .Concat([limits.MinWordFrequency, limits.MinLabelFrequency, limits.MaxDocuments])
            .Select(part => Convert.ToString(part, CultureInfo.InvariantCulture));
        return StableHash.Of(string.Join('\n', parts)).ToString("x16", CultureInfo.InvariantCulture);
    }

    private static IEnumerable<string> Names(NameTable names) =>
        Enumerable.Range(names.First, names.Count - names.First).Select(number => names[number]);
}
