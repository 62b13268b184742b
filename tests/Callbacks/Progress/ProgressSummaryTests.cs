using System.Globalization;

namespace Fulgurite.Tests.Callbacks.Progress;

/// <summary>The last lines of a run.</summary>
[TestClass]
public sealed class ProgressSummaryTests : IDisposable
{
    private readonly StringWriter _screen = new(CultureInfo.InvariantCulture) { NewLine = "\n" };
    private readonly FakeTimeProvider _time = new();

    public void Dispose() => _screen.Dispose();

    [TestMethod]
    public void Fit_StopsEarly_SaysSoAndWhy()
    {
        using var module = new ScriptedModule(0.5, 0.6, 0.7, 0.8);
        var view = new ProgressView(new ProgressViewOptions { ShowModel = false },
            new ProgressTerminal(_screen, isInteractive: true, width: () => 40), _time);

        new Trainer(
            new SingleDeviceStrategy(new HeldCheckpointIO { Open = true }),
            new TrainerOptions { MaxEpochs = 9 },
            [view, new EarlyStopping(new() { Patience = 2 }), new ModelCheckpoint(new() { DirPath = "run" })])
                .Fit(module, ScriptedModule.Data(1), ScriptedModule.Data(1));

        Assert.Contains("\nStopped early after 3 steps and 3 epochs\nin 00:00, ", _screen.ToString());
        Assert.Contains("\nEarly stopping: val_loss was not better\nthan 0.5 in the last 2 checks.\n", _screen.ToString());
        Assert.Contains($"\nSaved:\n{Path.GetFullPath("run/epoch=2-step=3.ckpt")}\n", _screen.ToString());
        Assert.DoesNotContain("Best", _screen.ToString());
    }

    [TestMethod]
    public void Fit_MonitoredMetric_NamesTheBestAndBreaksNoWordAt80Columns()
    {
        const int Width = 80;
        using var module = new ScriptedModule(0.5, 0.6, 0.7, 0.8);
        var view = new ProgressView(terminal: new ProgressTerminal(_screen, isInteractive: true, width: () => Width), time: _time);

        new Trainer(
            new SingleDeviceStrategy(new HeldCheckpointIO { Open = true }),
            new TrainerOptions { MaxEpochs = 9 },
            [view, new EarlyStopping(new() { Patience = 2 }), new ModelCheckpoint(new() { DirPath = "run", Monitor = "val_loss" })])
                .Fit(module, ScriptedModule.Data(1), ScriptedModule.Data(1));

        var shown = _screen.ToString();
        Assert.Contains(
            $"Best val_loss 0.500:\n{Path.GetFullPath("run/epoch=0-step=1.ckpt")}\n",
            shown.Replace(": /", ":\n/", StringComparison.Ordinal));
        Assert.DoesNotContain("Saved", shown);
        var drawn = new SmallScreen(Width);
        drawn.Write(shown);
        Assert.IsEmpty(drawn.Rows.Where(row => row.Length > Width && row.Contains(' ', StringComparison.Ordinal)));
        Assert.Contains(row => row.Length > Width / 2, drawn.Rows);
    }

    [TestMethod]
    public void Fit_Fails_SaysSoAtTheEnd()
    {
        using var module = new ScriptedModule(0.5);
        var view = new ProgressView(new ProgressViewOptions { ShowModel = false }, new ProgressTerminal(_screen), _time);

        Assert.ThrowsExactly<InvalidOperationException>(() => new Trainer(
            new SingleDeviceStrategy(new HeldCheckpointIO()),
            new TrainerOptions { MaxEpochs = 1, EnableCheckpointing = false },
            [view, new Throws()]).Fit(module, ScriptedModule.Data(4)));

        Assert.MatchesRegex("Failed \\(InvalidOperationException\\) after 1 step and 0 epochs", _screen.ToString());
    }

    [TestMethod]
    public void Fit_Interrupted_SaysSoAtTheEnd()
    {
        using var module = new ScriptedModule(0.5);
        using var cancellation = new CancellationTokenSource();
        var view = new ProgressView(new ProgressViewOptions { ShowModel = false }, new ProgressTerminal(_screen), _time);
        var stopping = new LambdaCallback().On<OnTrainBatchEndArguments>(_ => cancellation.Cancel());

        new Trainer(
            new SingleDeviceStrategy(new HeldCheckpointIO()), new TrainerOptions { MaxEpochs = 1, EnableCheckpointing = false },
            [view, stopping]).Fit(module, ScriptedModule.Data(4), cancellationToken: cancellation.Token);

        Assert.Contains("Interrupted after 1 step and 0 epochs", _screen.ToString());
    }

    [TestMethod]
    public void Fit_Resumed_SaysHowManyStepsAreNew()
    {
        var store = new InMemoryCheckpointIO();
        Run(1, null, new ModelCheckpoint(new() { DirPath = "mem://run", SaveLast = true }));
        _screen.GetStringBuilder().Clear();

        Run(3, "mem://run/last.ckpt", new ModelCheckpoint(new() { DirPath = "mem://run", SaveLast = true }));

        Assert.Contains("Completed after 6 steps (4 of them since it was resumed) and 3 epochs", _screen.ToString());

        void Run(int epochs, string? resume, Callback saving)
        {
            using var module = new ScriptedModule(0.5, 0.4);
            var view = new ProgressView(new ProgressViewOptions { ShowModel = false }, new ProgressTerminal(_screen), _time);
            new Trainer(new SingleDeviceStrategy(store), new TrainerOptions { MaxEpochs = epochs }, [view, saving])
                .Fit(module, ScriptedModule.Data(2), null, resume);
        }
    }

    [TestMethod]
    public void Fit_SavesFailAndTheBestIsInMemory_SaysBoth()
    {
        var io = new HeldCheckpointIO { Open = true, Fails = path => path.Contains("last", StringComparison.Ordinal) };
        using var module = new ScriptedModule(0.5, 0.4);
        using var best = new BestInMemoryCheckpoint(new() { DirPath = "mem://run", Monitor = "val_loss" });
        var view = new ProgressView(
            new ProgressViewOptions { ShowModel = false }, new ProgressTerminal(_screen, hasColors: true), _time);

        new Trainer(
            new SingleDeviceStrategy(io),
            new TrainerOptions { MaxEpochs = 2, OnCheckpointFailure = CheckpointFailurePolicy.Continue },
            [view, best, new ModelCheckpoint(new() { DirPath = "mem://run", SaveTopK = 0, SaveLast = true })])
            .Fit(module, ScriptedModule.Data(1), ScriptedModule.Data(1));

        Assert.Contains("Best: mem://run/best-epoch=1-step=2.ckpt", _screen.ToString());
        Assert.MatchesRegex("\u001b\\[31m1 of 4 checkpoints durable.*3 FAILED", _screen.ToString());
    }

    private sealed class Throws : Callback
    {
        public override void OnTrainBatchEnd(OnTrainBatchEndArguments arguments) => throw new InvalidOperationException("on purpose");
    }
}
