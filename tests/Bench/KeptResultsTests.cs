using Fulgurite.Bench.Report;
using Fulgurite.Bench.Report.Sections;

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
    [DataRow("1", "./bench.sh y")]
    [DataRow("0", "./bench.sh y    # measured with 0")]
    public void Commands_RunOfAnotherVersionThanTheMachine_NameIt(string version, string expected)
    {
        using var docs = new TemporaryDocs();
        File.WriteAllText(Path.Combine(docs.Path, "machine.jsonl"), """{"command":"machine","fulgurite":"1"}""");
        File.WriteAllText(
            Path.Combine(docs.Path, "x.jsonl"),
            $$"""{"command":"run","name":"x","line":"./bench.sh y","seconds":1,"fulgurite":"{{version}}"}""" + "\n{}");

        Assert.AreEqual($"```\n{expected}\n```\n", Commands.Of(KeptResults.Read(docs.Path).Named("x")));
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
