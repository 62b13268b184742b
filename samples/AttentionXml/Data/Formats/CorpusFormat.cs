namespace AttentionXml.Data.Formats;

/// <summary>The layout of a corpus file. One instance reads one file, from its first line to its last.</summary>
internal abstract class CorpusFormat
{
    /// <summary>Reads the first line if it describes the file instead of a document.</summary>
    public virtual bool TakeHeader(string firstLine) => false;

    /// <summary>Finds labels and words of one document in <see cref="CorpusLine.Text"/>.</summary>
    /// <param name="line">The line; receives the positions of labels and of at most <paramref name="maxWords"/> words.</param>
    /// <param name="maxWords">The maximum number of words.</param>
    /// <exception cref="FormatException">The line does not have this format; the message contains the expected one.</exception>
    public abstract void Parse(CorpusLine line, int maxWords);

    /// <summary>Called after the last line.</summary>
    /// <exception cref="FormatException">Documents are missing or too many.</exception>
    public virtual void CheckEnd(int documents)
    {
    }
}
