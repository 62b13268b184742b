using AttentionXml.Run;

namespace Fulgurite.Tests.Samples.AttentionXml.Run;

[TestClass]
public sealed class LateInterruptionTests : ApplicationTest
{
    [TestMethod]
    [DataRow(2, 130)]
    [DataRow(15, 143)]
    public void Signal_DuringTheEvaluationAtTheEnd_EndsItAndTellsWhatIsThere(int signal, int expectedCode)
    {
        var interruption = new Interruption();
        var output = new WatchedWriter("evaluating on", () => interruption.Stop(signal));

        Assert.AreEqual(expectedCode, Run(interruption, output, TinyArguments("--epochs", "1")), Error.ToString());

        Assert.Contains("Stopped during the evaluation", Output.ToString());
        Assert.DoesNotContain("P@1", Output.ToString());
        var files = Checkpoints();
        Assert.HasCount(2, files);
        Assert.Contains($"Best checkpoint: {Path.Combine(Runs, files[0])}", Output.ToString());
        Assert.Contains($"Last checkpoint: {Path.Combine(Runs, files[1])} (step 34)", Output.ToString());
    }

    [TestMethod]
    public void Signal_BeforeTraining_LeavesNothing()
    {
        var interruption = new Interruption();
        var output = new WatchedWriter("documents to train on", () => interruption.Stop(2));

        Assert.AreEqual(130, Run(interruption, output, TinyArguments()), Error.ToString());

        Assert.Contains("Stopped before training began; nothing was saved.", Output.ToString());
        Assert.IsFalse(Directory.Exists(Runs));
    }

    /// <summary>Does something once a line says so.</summary>
    private sealed class WatchedWriter(string text, Action then) : StringWriter
    {
        public override void WriteLine(string? value)
        {
            base.WriteLine(value);
            if (value?.Contains(text, StringComparison.Ordinal) == true)
            {
                then();
            }
        }
    }
}
