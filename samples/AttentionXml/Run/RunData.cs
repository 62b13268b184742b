using AttentionXml.Data;
using AttentionXml.Data.Debian;

namespace AttentionXml.Run;

/// <summary>The documents of a run.</summary>
/// <param name="options">The options of the run.</param>
/// <param name="screen">The output.</param>
internal sealed class RunData(RunOptions options, Screen screen)
{
    private string DataDirectory => options.Data ?? Workplace.DataDirectory;

    /// <summary>Finds the files, or creates them from this machine's package index by default.</summary>
    /// <exception cref="InputException">There are none.</exception>
    public CorpusDirectory Open()
    {
        if (options.Data is null)
        {
            DebianDataset.Prepare(DataDirectory, () => new AptPackageIndex(screen.Output.WriteLine).Read(), screen.Output.WriteLine);
        }

        return CorpusDirectory.Open(DataDirectory);
    }

    /// <summary>Finds and reads the files.</summary>
    /// <exception cref="InputException">They are invalid.</exception>
    public TextDataset Read() => Read(Open());

    /// <summary>Reads the files.</summary>
    /// <exception cref="InputException">They are invalid.</exception>
    public TextDataset Read(CorpusDirectory files)
    {
        var data = TextDataset.Read(files, options.Format, options.Limits, options.ValidationDocuments);
        screen.Output.WriteLine(
            $"{DataDirectory}: {data.Train.Count:N0} documents to train on, {data.Validation.Count:N0} to validate, "
                + $"{data.Test.Count:N0} held out; "
            + $"{data.Vocabulary.Words.Count:N0} words, {data.Vocabulary.Labels.Count:N0} labels");
        return data;
    }
}
