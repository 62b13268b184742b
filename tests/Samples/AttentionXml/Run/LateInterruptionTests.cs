using System.Runtime.InteropServices;

namespace Fulgurite.Tests.Samples.AttentionXml.Run;

[TestClass]
public sealed class LateInterruptionTests : ApplicationTest
{
    [TestMethod]
    [DataRow(PosixSignal.SIGINT, 130)]
    [DataRow(PosixSignal.SIGTERM, 143)]
    public void Signal_DuringTheEvaluationAtTheEnd_EndsItAndTellsWhatIsThere(PosixSignal signal, int expectedCode)
    {
        using var signals = new TerminationSignals();
        var output = new WatchedWriter("evaluating on", () => signals.Raise(signal));

        Assert.AreEqual(expectedCode, Run(signals, output, TinyArguments("--epochs", "1")), Error.ToString());

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
        using var signals = new TerminationSignals();
        var output = new WatchedWriter("documents to train on", () => signals.Raise(PosixSignal.SIGINT));

        Assert.AreEqual(130, Run(signals, output, TinyArguments()), Error.ToString());

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
