using System.IO.Compression;
using System.Text;
using AttentionXml.Data;

namespace Fulgurite.Tests.Samples.AttentionXml.Formats;

[TestClass]
public sealed class CorpusFileTests
{
    [TestMethod]
    [DataRow("id1\tl1 l2\tHello, World 42 x_1!|id2\t\tÄrger", "l1,l2:hello,world,x_1|:ärger", DisplayName = "text with ID")]
    [DataRow("l1 l2\tHello|l3\tagain hello", "l1,l2:hello|l3:again,hello", DisplayName = "text without ID")]
    [DataRow("id\tl1\ta b c d e f", "l1:a,b,c,d", DisplayName = "text longer than wanted")]
    [DataRow("2 10 5|0,4 9:0.5 0:2|3 1:1e-3 2:-1", "0,4:0,9|3:1,2", DisplayName = "extreme classification")]
    [DataRow("2 10 5| 9:0.5|3", ":9|3:", DisplayName = "extreme classification without labels or features")]
    [DataRow(
        """{"uid": "B0", "title": "Hello,\tWorld", "content": "again \u00c4rger", "target_ind": [3, 17], "target_rel": [1, 1]}""",
        "3,17:hello,world,again,ärger", DisplayName = "raw text")]
    [DataRow("""{"title": "A", "content": "", "target_ind": []}""", ":a", DisplayName = "raw text without labels")]
    [DataRow("7,8 1:0.1 5:0.9 3:0.5 4:0.2 2:0.3|9 1:1", "7,8:5,3,2,4|9:1", DisplayName = "LibSVM, best features first")]
    public void Read_AutoFormat_GivesLabelsAndWords(string file, string expected) => Assert.AreEqual(expected, Read(file, "auto"));

    [TestMethod]
    [DataRow("auto", "just words", "line 1: this is none of the known formats")]
    [DataRow("text", "just words", "line 1: expected 2 columns (labels TAB text) or 3 (ID TAB labels TAB text), found 1.")]
    [DataRow("text", "a\tb\tc\td", "line 1: expected 2 columns (labels TAB text) or 3 (ID TAB labels TAB text), found 4.")]
    [DataRow("auto", "i\tl\tt|i\tl\tt|l\tt", "line 3: expected 3 columns as on the first line, found 2.")]
    [DataRow("auto", "1 10 5|5 1:1", "line 2: label 5 is outside 0 to 4.")]
    [DataRow("auto", "1 10 5|4 10:1", "line 2: feature 10 is outside 0 to 9.")]
    [DataRow("auto", "2 10 5|4 1:1|4 1", "line 3: expected a feature as 'number:value', found '1'.")]
    [DataRow("auto", "2 10 5|4 1:1|4 1:x", "line 3: expected a feature as 'number:value', found '1:x'.")]
    [DataRow("auto", "2 10 5|4 1:1|a,b 1:1", "line 3: expected the number of a label, found 'a'.")]
    [DataRow("auto", "2 10 5|4, 1:1", "line 2: expected the number of a label, found ''.")]
    [DataRow("auto", "2 10 5|1:1", "line 2: expected labels before the features")]
    [DataRow("auto", "3 10 5|4 1:1", "the header promises 3 points, the file has 1")]
    [DataRow("auto", "1 10 5|4 1:1|4 1:1", "the header promises 1 points, the file has 2")]
    [DataRow("xc", "4 1:1", "line 1: expected the header 'points features labels'")]
    [DataRow("auto", "{\"title\": \"a\"}", "line 1: expected a JSON object")]
    [DataRow("json", "4 1:1", "line 1: expected a JSON object")]
    [DataRow("libsvm", "4 0:1", "line 1: feature 0 is outside 1 to 2147483647.")]
    public void Read_Malformed_NamesFileLineAndWhatIsExpected(string format, string file, string expected)
    {
        var failure = Assert.ThrowsExactly<InputException>(() => Read(file, format));

        Assert.Contains("corpus.txt, line ", failure.Message);
        Assert.Contains(expected, failure.Message);
    }

    [TestMethod]
    public void Read_CompressedFile_IsDecompressed()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("corpus.txt.gz");
        File.WriteAllBytes(path, Compressed("id1\tl1\tHello\nid2\tl2\tWorld\n"));
        var words = new List<string>();

        new CorpusFile(path, "auto").Read(int.MaxValue, 4, line => words.Add(line.Word(0).ToString()));

        Assert.AreSequenceEqual(["hello", "world"], words);
    }

    [TestMethod]
    [DataRow(0, DisplayName = "no compressed file")]
    [DataRow(40, DisplayName = "cut off")]
    public void Read_DamagedCompressedFile_NamesIt(int bytes)
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("corpus.txt.gz");
        var random = new Random(1);
        var whole = Compressed(string.Concat(Enumerable.Range(0, 1000).Select(i => $"id{i}\tl1\tw{random.Next()}\n")));
        File.WriteAllBytes(path, bytes == 0 ? [1, 2, 3, 4, 5] : whole[..^bytes]);

        var failure = Assert.ThrowsExactly<InputException>(() => new CorpusFile(path, "auto").Read(int.MaxValue, 4, _ => { }));

        Assert.Contains("corpus.txt.gz cannot be read", failure.Message);
    }

    private static byte[] Compressed(string text)
    {
        using var memory = new MemoryStream();
        using (var gzip = new GZipStream(memory, CompressionLevel.Fastest))
        {
            gzip.Write(Encoding.UTF8.GetBytes(text));
        }

        return memory.ToArray();
    }

    [TestMethod]
    public void Read_EmptyFile_SaysSo()
    {
        var failure = Assert.ThrowsExactly<InputException>(() => Read("", "auto"));

        Assert.Contains("corpus.txt: the file is empty", failure.Message);
    }

    [TestMethod]
    public void Read_MissingFile_NamesIt()
    {
        var failure = Assert.ThrowsExactly<InputException>(() => new CorpusFile("/no/such/file", "auto").Read(1, 1, _ => { }));

        Assert.Contains("/no/such/file cannot be read", failure.Message);
    }

    [TestMethod]
    public void Read_FewerDocumentsWanted_StopsThereAndDoesNotMissTheRest()
    {
        var documents = 0;
        using var folder = new TemporaryFolder();

        new CorpusFile(folder.Write("corpus.txt", "3 10 5", "1 1:1", "2 2:1", "broken"), "auto").Read(2, 10, _ => documents++);

        Assert.AreEqual(2, documents);
    }

    private static string Read(string file, string format)
    {
        using var folder = new TemporaryFolder();
        var read = new List<string>();
        new CorpusFile(folder.Write("corpus.txt", file.Length == 0 ? [] : file.Split('|')), format).Read(int.MaxValue, 4, line =>
            read.Add(Join(line.LabelCount, line.Label) + ":" + Join(line.WordCount, line.Word)));
        return string.Join('|', read);
    }

    private static string Join(int count, NameAt name) => string.Join(',', Enumerable.Range(0, count).Select(i => name(i).ToString()));

    private delegate ReadOnlySpan<char> NameAt(int index);
}
