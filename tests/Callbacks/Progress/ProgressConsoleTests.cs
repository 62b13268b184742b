using System.Globalization;

namespace Fulgurite.Tests.Callbacks.Progress;

/// <summary>Output of the program beside the live lines.</summary>
[TestClass]
public sealed class ProgressConsoleTests : IDisposable
{
    private readonly StringWriter _screen = new(CultureInfo.InvariantCulture) { NewLine = "\n" };
    private readonly FakeTimeProvider _time = new();

    public void Dispose() => _screen.Dispose();

    [TestMethod]
    public void Fit_ProgramWritesToTheConsole_StandsAboveTheLiveLines()
    {
        var (error, output) = (Console.Error, Console.Out);
        try
        {
            Console.SetError(_screen);
            Console.SetOut(_screen);
            var console = (Console.Error, Console.Out);
            var rows = new List<string[]>();
            using var module = new ScriptedModule(0.5);
            var view = new ProgressView(
                new ProgressViewOptions { ShowModel = false, ShowSummary = false, RefreshInterval = TimeSpan.Zero },
                new ProgressTerminal(_screen, isInteractive: true, width: () => 40) { SharesError = true, SharesOutput = true },
                _time);
            new Trainer(
                new SingleDeviceStrategy(new HeldCheckpointIO()),
                new TrainerOptions { MaxEpochs = 1 },
                [new SecondsPass(_time), new SavesOnce(), view, new Writes(() =>
                {
                    var screen = new SmallScreen(40);
                    screen.Write(_screen.ToString());
                    rows.Add([.. screen.Rows]);
                })]).Fit(module, ScriptedModule.Data(3));

            Assert.AreSequenceEqual(["from the output", "a warning", "of two lines"], rows[0][..3]);
            Assert.StartsWith("epoch 1 of 1", rows[0][3]);
            Assert.StartsWith("  saving 1 checkpoint", rows[0][4]);
            Assert.HasCount(5, rows[0]);
            Assert.AreSequenceEqual(["from the output", "a warning", "of two lines"], rows[1][3..6]);
            Assert.HasCount(8, rows[1]);
            Assert.AreSame(console.Error, Console.Error);
            Assert.AreSame(console.Out, Console.Out);
            Assert.EndsWith("half a line", _screen.ToString());
        }
        finally
        {
            Console.SetError(error);
            Console.SetOut(output);
        }
    }

    [TestMethod]
    public void Fit_NotTheTerminalOfTheConsole_LeavesTheConsoleAlone()
    {
        var seen = new List<bool>();
        var output = Console.Out;
        using var module = new ScriptedModule(0.5);
        var view = new ProgressView(new ProgressViewOptions(), new ProgressTerminal(_screen, isInteractive: true), _time);

        new Trainer(
            new SingleDeviceStrategy(new HeldCheckpointIO()),
            new TrainerOptions { MaxEpochs = 1, EnableCheckpointing = false },
            [view, new Writes(() => seen.Add(ReferenceEquals(output, Console.Out)), quiet: true)]).Fit(module, ScriptedModule.Data(2));

        Assert.IsTrue(seen.TrueForAll(same => same));
    }

    [TestMethod]
    public void OfProcess_Any_WritesToTheErrorStreamWithinItsWidth()
    {
        var terminal = ProgressTerminal.OfProcess();

        Assert.AreSame(Console.Error, terminal.Writer);
        Assert.IsGreaterThanOrEqualTo(20, terminal.Width);
        Assert.IsTrue(!Console.IsErrorRedirected || !(terminal.IsInteractive || terminal.HasColors || terminal.SharesOutput));
    }

    [TestMethod]
    public void Fit_ConsoleUsedCharacterByCharacterAndAfterTheEnd_LosesNothing()
    {
        var output = Console.Out;
        try
        {
            Console.SetOut(_screen);
            TextWriter? kept = null;
            using var module = new ScriptedModule(0.5);
            var view = new ProgressView(
                new ProgressViewOptions { ShowModel = false, ShowSummary = false },
                new ProgressTerminal(_screen, isInteractive: true, width: () => 40) { SharesOutput = true }, _time);
            var writing = new LambdaCallback().On<OnTrainBatchEndArguments>(_ =>
            {
                kept = Console.Out;
                foreach (var letter in "one\ntwo")
                {
                    kept.Write(letter);
                }
            });
            new Trainer(
                new SingleDeviceStrategy(new HeldCheckpointIO()), new TrainerOptions { MaxEpochs = 1, EnableCheckpointing = false },
                [view, writing]).Fit(module, ScriptedModule.Data(1));
            Assert.Contains("one\n", _screen.ToString());
            Assert.EndsWith("two", _screen.ToString());

            kept!.Write('!');
            kept.Write("?".ToCharArray(), 0, 1);
            kept.Write(" and more");

            Assert.EndsWith("two!? and more", _screen.ToString());
        }
        finally
        {
            Console.SetOut(output);
        }
    }

    [TestMethod]
    public void Fit_ConsoleReplacedMeanwhile_IsLeftToTheProgram()
    {
        var output = Console.Out;
        using var own = new StringWriter(CultureInfo.InvariantCulture);
        try
        {
            Console.SetOut(_screen);
            TextWriter? replaced = null;
            using var module = new ScriptedModule(0.5);
            var view = new ProgressView(
                new ProgressViewOptions { ShowModel = false },
                new ProgressTerminal(_screen, isInteractive: true, width: () => 40) { SharesOutput = true }, _time);
            var replacing = new LambdaCallback().On<OnTrainBatchEndArguments>(_ =>
            {
                Console.SetOut(own);
                replaced = Console.Out;
            });

            new Trainer(
                new SingleDeviceStrategy(new HeldCheckpointIO()), new TrainerOptions { MaxEpochs = 1, EnableCheckpointing = false },
                [view, replacing]).Fit(module, ScriptedModule.Data(1));

            Assert.AreSame(replaced, Console.Out);
        }
        finally
        {
            Console.SetOut(output);
        }
    }

    private sealed class Writes(Action then, bool quiet = false) : Callback
    {
        public override void OnTrainBatchEnd(OnTrainBatchEndArguments arguments)
        {
            if (!quiet)
            {
                Console.WriteLine("from the output");
                Console.Error.Write("a warning\nof ");
                Console.Error.WriteLine("two lines");
                Console.Write("half a line\n"[..(arguments.Trainer.GlobalStep == 1 ? 0 : 11)]);
            }

            then();
        }
    }
}
