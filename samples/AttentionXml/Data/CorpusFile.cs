using System.IO.Compression;
using AttentionXml.Data.Formats;

namespace AttentionXml.Data;

/// <summary>A file of documents, read line by line.</summary>
/// <param name="path">The file; one that ends in <c>.gz</c> is decompressed as it is read.</param>
/// <param name="format">One of <see cref="CorpusFormats.Names"/>.</param>
internal sealed class CorpusFile(string path, string format)
{
    // By default, a compressed file that is cut off ends there without an error.
    static CorpusFile() => AppContext.SetSwitch("System.IO.Compression.UseStrictValidation", true);

    /// <summary>Returns true for a file that is compressed by gzip.</summary>
    public static bool IsCompressed(string path) => path.EndsWith(".gz", StringComparison.Ordinal);

    /// <summary>Passes every document to <paramref name="take"/>, in order.</summary>
    /// <param name="maxDocuments">The maximum number of documents.</param>
    /// <param name="maxWords">The maximum number of words of a document.</param>
    /// <param name="take">Called with the same object each time.</param>
    /// <exception cref="InputException">The file cannot be read, is empty, or has a malformed line; contains file and line.</exception>
    public void Read(int maxDocuments, int maxWords, Action<CorpusLine> take)
    {
        var number = 1;
        try
        {
            using var reader = IsCompressed(path)
                ? new StreamReader(new GZipStream(File.OpenRead(path), CompressionMode.Decompress))
                : new StreamReader(path);
            var text = reader.ReadLine() ?? throw new InputException($"{path}: the file is empty; expected one document a line.");
            var layout = CorpusFormats.Create(format, text);
            if (layout.TakeHeader(text))
            {
                number++;
                text = reader.ReadLine();
            }

            var line = new CorpusLine();
            var documents = 0;
            for (; text is not null && documents < maxDocuments; text = reader.ReadLine(), number++)
            {
                line.Reset(text);
                layout.Parse(line, maxWords);
                take(line);
                documents++;
            }

            if (text is null)
            {
                layout.CheckEnd(documents);
            }
        }
        catch (FormatException e)
        {
            throw new InputException($"{path}, line {number}: {e.Message}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new InputException($"{path} cannot be read: {e.Message}", e);
        }
    }
}
