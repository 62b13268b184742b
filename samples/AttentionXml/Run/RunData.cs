using AttentionXml.Data;
using AttentionXml.Data.Debian;
using AttentionXml.Data.Generated;

namespace AttentionXml.Run;

/// <summary>The documents of a run.</summary>
/// <param name="options">The options of the run.</param>
/// <param name="screen">The output.</param>
/// <param name="directoryOf">Returns the folder of a data set that the program makes; null for the default one.</param>
internal sealed class RunData(RunOptions options, Screen screen, Func<string, string>? directoryOf = null)
{
    private readonly Func<string, string> _directoryOf = directoryOf ?? Workplace.DataDirectory;

    // Smaller data sets are parsed in seconds and fit in memory. Compressed text has about a third of its bytes.
    private const long CachedBytes = 64 << 20, CachedCompressedBytes = CachedBytes / 3;

    /// <summary>Finds the files. By default, they are made of this machine's package index, or generated where there is none.</summary>
    /// <exception cref="InputException">There are none.</exception>
    public CorpusDirectory Open()
    {
        if (options is { Data: not null, Generate: not null })
        {
            throw new InputException("--data and --generate exclude each other.");
        }

        return CorpusDirectory.Open(options.Data ?? (options.Generate is { } shape ? Generate(shape) : FromPackageIndex()));
    }

    private string FromPackageIndex()
    {
        var directory = _directoryOf(options.AllLabels ? "debian-all" : "debian");
        try
        {
            DebianDataset.Prepare(
                directory,
                () => new AptPackageIndex(screen.Output.WriteLine).Read(),
                screen.Output.WriteLine,
                options.AllLabels ? 1 : PackageCorpus.MinimumLabelFrequency);
            return directory;
        }
        catch (NoPackageIndexException e)
        {
            screen.Output.WriteLine($"{e.Message} Training on generated documents instead.");
            return Generate(DataShape.Small);
        }
    }

    private string Generate(string shape)
    {
        var directory = _directoryOf(Path.Combine("generated", shape));
        GeneratedDataset.Prepare(directory, DataShape.Of(shape), screen.Output.WriteLine);
        screen.Output.WriteLine("The documents are generated; their scores say nothing about real text.");
        return directory;
    }

    /// <summary>Finds and reads the files.</summary>
    /// <exception cref="InputException">They are invalid.</exception>
    public TextDataset Read() => Read(Open());

    /// <summary>Reads the files.</summary>
    /// <exception cref="InputException">They are invalid.</exception>
    public TextDataset Read(CorpusDirectory files)
    {
        var data = TextDataset.Read(files, options.Format, options.Limits, options.ValidationDocuments, CacheFor(files));
        screen.Output.WriteLine(
            $"{Path.GetDirectoryName(files.TrainFile)}: {data.Train.Count:N0} documents to train on, "
                + $"{data.Validation.Count:N0} to validate, "
            + $"{data.Test.Count:N0} held out; "
            + $"{data.Vocabulary.Words.Count:N0} words, {data.Vocabulary.Labels.Count:N0} labels");
        return data;
    }

    private CorpusCache? CacheFor(CorpusDirectory files)
    {
        var cached = CorpusFile.IsCompressed(files.TrainFile) ? CachedCompressedBytes : CachedBytes;
        return new FileInfo(files.TrainFile).Length < cached ? null : new CorpusCache(_directoryOf("cache"));
    }
}
