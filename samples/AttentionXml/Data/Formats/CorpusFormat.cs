namespace AttentionXml.Data.Formats;

/// <summary>How a corpus file is laid out. One instance reads one file, from its first line to its last.</summary>
internal abstract class CorpusFormat
{
    /// <summary>Takes the first line if it describes the file instead of a document.</summary>
    public virtual bool TakeHeader(string firstLine) => false;

    /// <summary>Finds labels and words of one document in <see cref="CorpusLine.Text"/>.</summary>
    /// <param name="line">Holds the line; takes the places of labels and of at most <paramref name="maxWords"/> words.</param>
    /// <param name="maxWords">More words than this are not wanted.</param>
    /// <exception cref="FormatException">The line is not of this format; the message says what is expected.</exception>
    public abstract void Parse(CorpusLine line, int maxWords);

    /// <summary>Called after the last line.</summary>
    /// <exception cref="FormatException">Documents are missing or too many.</exception>
    public virtual void CheckEnd(int documents)
    {
    }
}
