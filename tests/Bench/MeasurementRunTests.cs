using System.Globalization;
using Fulgurite.Bench.All;
using Fulgurite.Bench.Report;

namespace Fulgurite.Tests.Bench;

[TestClass]
public sealed class MeasurementRunTests
{
    [TestMethod]
    [DataRow("loop --rounds 0")]
    [DataRow("all --report-only --keep {0} --docs {0}", DisplayName = "ends with 0 and prints no line")]
    public void Run_MeasurementFails_KeepsTheLinesOfAnEarlierRun(string arguments)
    {
        using var folder = new TemporaryDocs();
        var kept = Path.Combine(folder.Path, "loop.jsonl");
        File.Copy(Path.Combine(TemporaryDocs.Kept, "loop.jsonl"), kept);
        var before = File.ReadAllText(kept);

        Assert.IsFalse(new MeasurementRun(folder.Path).Run("loop", string.Format(CultureInfo.InvariantCulture, arguments, folder.Path)));

        Assert.AreEqual(before, File.ReadAllText(kept));
        Assert.IsEmpty(Directory.GetFiles(folder.Path, "*.new"));
    }

    [TestMethod]
    public void Run_MeasurementSucceeds_ReplacesTheLines()
    {
        using var folder = new TemporaryDocs();
        var kept = Path.Combine(folder.Path, "loop.jsonl");
        File.WriteAllText(kept, "of an earlier run");

        Assert.IsTrue(new MeasurementRun(folder.Path).Run("loop", "loop --steps 1 --rounds 1"));

        var run = KeptResults.Read(folder.Path).Named("loop").Single();
        Assert.AreEqual("./bench.sh loop --steps 1 --rounds 1", run.Line);
        Assert.AreEqual(Machine.Version, run.EarlierVersion, "there is no line of the machine");
    }
}
