using System.Globalization;

namespace Fulgurite.Tests.Callbacks.Progress;

/// <summary>Live lines that several threads write at the same time.</summary>
[TestClass]
[DoNotParallelize]
public sealed class LiveBlockTests
{
    [TestMethod]
    public void WriteAbove_ConsoleIsLockedAndAnotherThreadDraws_DoesNotWaitForIt()
    {
        using var text = new StringWriter(CultureInfo.InvariantCulture);
        using var console = new ConsoleStream(text);
        var block = new LiveBlock(new ProgressTerminal(console, isInteractive: true));
        var drawing = new Thread(() => block.Draw([new StyledLine().Add("live")])) { IsBackground = true };

        // A program writes a line while the run draws: the console has locked its output and calls the lines.
        var writing = new Thread(() =>
        {
            lock (Console.Out)
            {
                drawing.Start();
                SpinWait.SpinUntil(() => drawing.ThreadState.HasFlag(ThreadState.WaitSleepJoin));
                block.WriteAbove(console, "a line\n");
            }
        })
        { IsBackground = true };
        writing.Start();

        Assert.IsTrue(writing.Join(TimeSpan.FromSeconds(30)), "both wait for each other");
        drawing.Join();
        Assert.AreEqual("a line\nlive", text.ToString());
    }

    /// <summary>A stream of the console, which locks the output whichever stream it is.</summary>
    private sealed class ConsoleStream(StringWriter text) : StringWriter(CultureInfo.InvariantCulture)
    {
        public override void Write(System.Text.StringBuilder? value) => Write(value?.ToString());

        public override void Write(string? value)
        {
            lock (Console.Out)
            {
                text.Write(value);
            }
        }
    }
}
