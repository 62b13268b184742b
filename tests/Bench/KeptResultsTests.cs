using Fulgurite.Bench.Report;

namespace Fulgurite.Tests.Bench;

[TestClass]
public sealed class KeptResultsTests
{
    [TestMethod]
    [DataRow("{\"command\":\"stall\"}", "line 1")]
    [DataRow("{\"command\":\"run\",\"name\":\"x\",\"line\":\"y\",\"seconds\":1}\nnot json", "line 2")]
    [DataRow("{\"command\":\"run\",\"name\":\"x\",\"line\":\"y\",\"seconds\":1}\n[1]", "line 2")]
    public void Read_SomethingElse_NamesFileAndLine(string content, string expected)
    {
        using var docs = new TemporaryDocs();
        var path = Path.Combine(docs.Path, "broken.jsonl");
        File.WriteAllText(path, content);

        var exception = Assert.ThrowsExactly<InvalidDataException>(() => KeptResults.Read(docs.Path));

        Assert.Contains(path, exception.Message);
        Assert.Contains(expected, exception.Message);
    }

    [TestMethod]
    public void Read_Kept_TellsTheCommand()
    {
        var run = KeptResults.Read(TemporaryDocs.Kept).Named("paired").Single();

        Assert.StartsWith("./bench.sh stall --paired", run.Line);
        Assert.HasCount(3, run.Lines);
    }

    [TestMethod]
    [DataRow(0.0, "0")]
    [DataRow(0.61234, "0.612")]
    [DataRow(31.46, "31.5")]
    [DataRow(32768.0, "32,768")]
    [DataRow(-2.5, "-2.5")]
    [DataRow(double.NaN, "–")]
    public void Show_Number_HasThreeDigits(double number, string expected) => Assert.AreEqual(expected, ((double?)number).Show());
}
