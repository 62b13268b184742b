using AttentionXml.Data.Formats;

namespace Fulgurite.Tests.Samples.AttentionXml.Formats;

[TestClass]
public sealed class WordCutterTests
{
    [TestMethod]
    [DataRow("", "")]
    [DataRow("  ,;-  ", "")]
    [DataRow("one two", "one two")]
    [DataRow("libc6-dev", "libc6 dev")]
    [DataRow("2023 3d 42 ½", "3d")]
    [DataRow("snake_case __", "snake_case __")]
    [DataRow("don't", "don t")]
    [DataRow("naïve café", "naïve café")]
    public void Cut_Text_GivesRunsOfWordCharactersButNoNumbers(string text, string expected)
    {
        var line = new CorpusLine();
        line.Reset(text);

        WordCutter.Cut(line, start: 0, maxWords: 100);

        Assert.AreEqual(expected, string.Join(' ', Enumerable.Range(0, line.WordCount).Select(i => line.Word(i).ToString())));
    }
}
