using System.Globalization;

namespace Fulgurite.Tests.Callbacks.Progress;

[TestClass]
public sealed class ProgressViewTests : IDisposable
{
    private readonly StringWriter _screen = new(CultureInfo.InvariantCulture) { NewLine = "\n" };
    private readonly FakeTimeProvider _time = new();

    public void Dispose() => _screen.Dispose();

    [TestMethod]
    public void Fit_NoTerminal_AddsPlainLines()
    {
        Fit(
            new ProgressTerminal(_screen), new ProgressViewOptions { Metrics = ["val_loss"] },
            new TrainerOptions { MaxEpochs = 2, ValidationInterval = 3 });

        Assert.DoesNotContain("\u001b", _screen.ToString());
        Assert.DoesNotContain("\r", _screen.ToString());
        var lines = _screen.ToString().TrimEnd('\n').Split('\n');
        Assert.AreEqual("ScriptedModule", lines[0]);
        Assert.Contains("parameters", string.Join(' ', lines[..4]));
        var run = lines.Where(line => line.StartsWith("epoch", StringComparison.Ordinal)).ToList();
        Assert.HasCount(4, run, "two validations and two epochs");
        Assert.MatchesRegex(@"^epoch 1 of 2   75%  step 3  \d\.\d/s  left 00:0\d of 00:0\d  loss -?\d\.\d+  val_loss 0\.500$", run[0]);
        Assert.MatchesRegex(@"^Completed after 8 steps and 2 epochs in 00:09, 0\.9 steps/s$", lines[^1]);
    }

    [TestMethod]
    [DataRow("train_loss", "train_loss [^ ]+  val_loss 0.500")]
    [DataRow("aux_loss", "loss [^ ]+  aux_loss [^ ]+  val_loss 0.500")]
    public void Fit_ModuleShowsItsLoss_ShowsItOnce(string name, string expected)
    {
        Fit(new ProgressTerminal(_screen), new ProgressViewOptions(), new TrainerOptions { MaxEpochs = 1 }, name);

        Assert.MatchesRegex(
            $"  {expected}$", _screen.ToString().Split('\n').Last(line => line.StartsWith("epoch", StringComparison.Ordinal)));
        Assert.Contains("Completed after 4 steps and 1 epoch in ", _screen.ToString());
    }

    [TestMethod]
    public void Fit_Quiet_ShowsNothing()
    {
        Fit(
            new ProgressTerminal(_screen, isInteractive: true, hasColors: true), new ProgressViewOptions { Quiet = true },
            new TrainerOptions { MaxEpochs = 1 });

        Assert.AreEqual(string.Empty, _screen.ToString());
    }

    [TestMethod]
    [DataRow(20)]
    [DataRow(40)]
    [DataRow(80)]
    [DataRow(160)]
    public void Fit_Terminal_DrawsOverItselfWithinItsWidth(int width)
    {
        Fit(
            new ProgressTerminal(_screen, isInteractive: true, width: () => width),
            new ProgressViewOptions { ShowSummary = false, Metrics = ["val_loss"] },
            new TrainerOptions { MaxEpochs = 2, ValidationInterval = 2 });

        var drawn = new SmallScreen(width);
        drawn.Write(_screen.ToString());

        Assert.AreEqual(0, drawn.Wrapped, "a line that wraps cannot be drawn over");
        var rows = drawn.Rows.Where(row => row.Length > 0).SkipWhile(row => !row.StartsWith("epoch", StringComparison.Ordinal)).ToList();
        Assert.HasCount(4, rows, "only the lines of four validations are left");
        Assert.StartsWith("epoch 2 of 2", rows[^1]);
    }

    [TestMethod]
    public void Fit_Terminal_ShowsValidationAndSavesUnderTheBar()
    {
        var shown = new List<string>();
        var io = new HeldCheckpointIO();
        using var module = new ScriptedModule(0.5, 0.4) { ShowLoss = true };
        var view = new ProgressView(
            new ProgressViewOptions { ShowModel = false, RefreshInterval = TimeSpan.Zero },
            new ProgressTerminal(_screen, isInteractive: true, width: () => 100), _time);
        new Trainer(
            new SingleDeviceStrategy(io),
            new TrainerOptions { MaxEpochs = 1, ValidationInterval = 2 },
            [new SecondsPass(_time), new SavesOnce(), view, new Snapshots(_screen, shown, io)]).Fit(
                module, ScriptedModule.Data(4), ScriptedModule.Data(3));

        Assert.MatchesRegex(
            @"━+─+.*\n  saving 1 checkpoint  for 0\.0 s  training goes on$",
            shown.First(text => text.Contains("saving", StringComparison.Ordinal)).Split("\u001b[J")[^1]);
        Assert.Contains("  validation  1 batches", _screen.ToString());
        Assert.Contains("  validation  ━━━━━━━", _screen.ToString());
        Assert.Contains("1 of 1 checkpoints durable", _screen.ToString());
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void Fit_Colors_AreThereOnlyWhereTheyMayBe(bool colors)
    {
        Fit(
            new ProgressTerminal(_screen, isInteractive: true, hasColors: colors), new ProgressViewOptions(),
            new TrainerOptions { MaxEpochs = 1 });

        Assert.AreEqual(colors, _screen.ToString().Contains("\u001b[1m", StringComparison.Ordinal));
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void Fit_ThousandsOfQuickEpochs_LeaveAScreenfulOfLines(bool validates)
    {
        using var module = new ScriptedModule(0.5) { ShowLoss = true };
        var view = new ProgressView(new ProgressViewOptions { ShowModel = false, ShowSummary = false }, new ProgressTerminal(_screen),
            _time);

        new Trainer(new SingleDeviceStrategy(new HeldCheckpointIO()),
            new TrainerOptions { MaxEpochs = 2003, EnableCheckpointing = false }, [view])
            .Fit(module, ScriptedModule.Data(1), validates ? ScriptedModule.Data(1) : null);

        var lines = _screen.ToString().TrimEnd('\n').Split('\n');
        Assert.HasCount(30, lines);
        Assert.StartsWith("epoch 10 of 2003", lines[9]);
        Assert.StartsWith("epoch 20 of 2003", lines[10]);
        Assert.StartsWith("epoch 200 of 2003", lines[19]);
        Assert.StartsWith("epoch 2003 of 2003", lines[^1]);
    }

    [TestMethod]
    public void Fit_ThousandsOfSlowEpochsOnATerminal_LeaveAScreenfulOfLines()
    {
        using var module = new ScriptedModule(0.5) { ShowLoss = true };
        var view = new ProgressView(
            new ProgressViewOptions { ShowModel = false, ShowSummary = false },
            new ProgressTerminal(_screen, isInteractive: true, width: () => 80), _time);

        new Trainer(
            new SingleDeviceStrategy(new HeldCheckpointIO()), new TrainerOptions { MaxEpochs = 2000, EnableCheckpointing = false },
            [new HookCallback { EpochStart = () => _time.Advance(TimeSpan.FromMinutes(1)) }, view]).Fit(module, ScriptedModule.Data(1));

        var screen = new SmallScreen(80);
        screen.Write(_screen.ToString());
        Assert.HasCount(29, screen.Rows.Where(row => row.StartsWith("epoch", StringComparison.Ordinal)));
        Assert.IsLessThanOrEqualTo(31, screen.Rows.Count());
    }

    /// <summary>The numbers of docs/logging.md.</summary>
    [TestMethod]
    public void Fit_FirstEpoch_IsCountedFromOneOnTheTerminalAndFromZeroElsewhere()
    {
        using var module = new ScriptedModule(0.5);
        var io = new InMemoryCheckpointIO();
        int? running = null;
        var watch = new LambdaCallback().On<OnTrainBatchEndArguments>(arguments => running ??= arguments.Trainer.CurrentEpoch);

        var view = new ProgressView(new() { ShowModel = false, ShowSummary = false }, new ProgressTerminal(_screen), _time);
        var checkpoint = new ModelCheckpoint(new() { DirPath = "run" });
        new Trainer(new SingleDeviceStrategy(io), new TrainerOptions { MaxEpochs = 1 }, [watch, view, checkpoint])
            .Fit(module, ScriptedModule.Data(40));

        Assert.StartsWith("epoch 1 of 1  100%  step 40", _screen.ToString());
        Assert.AreEqual(0, running);
        Assert.AreEqual("epoch=0-step=40.ckpt", Path.GetFileName(checkpoint.BestModelPath));
        Assert.AreEqual(1, io[checkpoint.BestModelPath!].Find("epoch")!.AsInteger(), "completed epochs");
    }

    [TestMethod]
    public void Fit_Resumed_KeepsTheOrderOfMetrics()
    {
        var store = new Testing.InMemoryCheckpointIO();
        void Fit(int epochs, string? resume)
        {
            using var module = new ScriptedModule(0.5, 0.4) { ShowLoss = true, TrainingLoss = "zz_loss" };
            var view = new ProgressView(new ProgressViewOptions { ShowModel = false, ShowSummary = false },
                new ProgressTerminal(_screen), _time);
            new Trainer(new SingleDeviceStrategy(store), new TrainerOptions { MaxEpochs = epochs },
                [view, new ModelCheckpoint(new() { DirPath = "mem://run", SaveLast = true })])
                .Fit(module, ScriptedModule.Data(1), ScriptedModule.Data(1), resume);
        }

        Fit(1, null);
        Fit(2, "last");

        foreach (var line in _screen.ToString().TrimEnd('\n').Split('\n'))
        {
            Assert.MatchesRegex("zz_loss [^ ]+  val_loss", line);
        }
    }

    [TestMethod]
    public void Fit_DataOfUnknownLengthAndStepsByHand_ShowsWhatIsKnown()
    {
        using var module = new PolicyModule { StepsByHand = true };
        var view = new ProgressView(new ProgressViewOptions { ShowModel = false }, new ProgressTerminal(_screen), _time);

        new Trainer(
            new SingleDeviceStrategy(new HeldCheckpointIO()), new TrainerOptions { MaxSteps = 3, EnableCheckpointing = false },
            [new SecondsPass(_time), view]).Fit(module, Endless());

        Assert.MatchesRegex("^epoch 1  step 3  1\\.0/s\n", _screen.ToString(), "no percentage, no remaining time and no loss");

        static IEnumerable<Tensor> Endless()
        {
            while (true)
            {
                yield return ones(3, 2);
            }
        }
    }

    [TestMethod]
    public void Fit_MetricThatIsNotLogged_IsLeftOut()
    {
        Fit(
            new ProgressTerminal(_screen), new ProgressViewOptions { ShowModel = false, Metrics = ["accuracy", "val_loss"] },
            new TrainerOptions { MaxEpochs = 1 });

        Assert.Contains("  val_loss 0.500", _screen.ToString());
        Assert.DoesNotContain("accuracy", _screen.ToString());
    }

    [TestMethod]
    public void Fit_TwoSavesArePending_CountsThem()
    {
        using var module = new ScriptedModule(0.5);
        var view = new ProgressView(
            new ProgressViewOptions { ShowModel = false, RefreshInterval = TimeSpan.Zero },
            new ProgressTerminal(_screen, isInteractive: true, width: () => 100), _time);

        new Trainer(
            new SingleDeviceStrategy(new HeldCheckpointIO()), new TrainerOptions { MaxEpochs = 1, EnableCheckpointing = false },
            [new SavesOnce(), new SavesOnce(), view]).Fit(module, ScriptedModule.Data(2));

        Assert.Contains("  saving 2 checkpoints  for 0.0 s", _screen.ToString());
    }

    [TestMethod]
    public void Fit_ResumedAtItsEnd_DoesNotShowTheEpochAgain()
    {
        using var module = new ScriptedModule(0.5);
        var io = new InMemoryCheckpointIO();
        Trainer Trainer(params Callback[] callbacks) => new(new SingleDeviceStrategy(io), new TrainerOptions { MaxEpochs = 1 }, callbacks);
        var whole = Trainer();
        whole.Fit(module, ScriptedModule.Data(2));
        whole.SaveCheckpoint("end.ckpt");
        var view = new ProgressView(new ProgressViewOptions { ShowModel = false }, new ProgressTerminal(_screen), _time);

        Trainer(view).Fit(module, ScriptedModule.Data(2), checkpointPath: "end.ckpt");

        Assert.StartsWith("Completed after 2 steps (0 of them since it was resumed) and 1 epoch in ", _screen.ToString());
    }

    [TestMethod]
    [DataRow(1, "batch", 1, DisplayName = "before its validation, which shows it")]
    [DataRow(1, "validation", 0, DisplayName = "after its validation, which has shown it")]
    [DataRow(2, "batch", 1, DisplayName = "without a validation")]
    public void Fit_ResumedAfterTheLastBatchOfAnEpoch_ShowsTheEpochOnce(int validatesEvery, string from, int expected)
    {
        var io = new InMemoryCheckpointIO();
        var saving = new LambdaCallback()
            .On<OnTrainBatchEndArguments>(arguments => Save(arguments.Trainer, "batch"))
            .On<OnValidationEndArguments>(arguments => Save(arguments.Trainer, "validation"));
        Run(null, saving);

        Run($"mem://run/{from}", new ProgressView(new() { ShowModel = false, ShowSummary = false }, new ProgressTerminal(_screen), _time));

        var lines = _screen.ToString().Split('\n');
        Assert.HasCount(expected, lines.Where(line => line.StartsWith("epoch 1 of 2", StringComparison.Ordinal)));
        Assert.HasCount(1, lines.Where(line => line.StartsWith("epoch 2 of 2", StringComparison.Ordinal)));

        static void Save(Trainer trainer, string name)
        {
            if (trainer is { CurrentEpoch: 0, CurrentBatch: 2 })
            {
                trainer.SaveCheckpoint($"mem://run/{name}");
            }
        }

        void Run(string? path, Callback callback)
        {
            using var module = new ScriptedModule(0.5, 0.4);
            var options = new TrainerOptions { MaxEpochs = 2, CheckValidationEveryNEpochs = validatesEvery, SanityValidationSteps = 0 };
            new Trainer(new SingleDeviceStrategy(io), options, [callback])
                .Fit(module, ScriptedModule.Data(2), ScriptedModule.Data(1), path);
        }
    }

    [TestMethod]
    public void Rate_AfterASlowStart_IsThatOfTheLastSeconds()
    {
        var rate = new ProgressRate(_time);
        rate.Restart();
        for (var index = 0; index < 10; index++)
        {
            _time.Advance(TimeSpan.FromSeconds(5));
            rate.Add();
        }

        for (var index = 0; index < 100; index++)
        {
            _time.Advance(TimeSpan.FromSeconds(0.5));
            rate.Add();
        }

        Assert.AreEqual(2.0, rate.PerSecond(), 0.05);
    }

    private void Fit(ProgressTerminal terminal, ProgressViewOptions options, TrainerOptions trainer, string? trainingLoss = null)
    {
        trainer.EnableCheckpointing = false;
        manual_seed(1);
        using var module = new ScriptedModule(0.5, 0.4, 0.3, 0.2) { ShowLoss = true, TrainingLoss = trainingLoss };
        new Trainer(
            new SingleDeviceStrategy(new HeldCheckpointIO()), trainer, [new SecondsPass(_time), new ProgressView(options, terminal, _time)])
            .Fit(module, ScriptedModule.Data(4), ScriptedModule.Data(1));
    }

    private sealed class Snapshots(StringWriter screen, List<string> shown, HeldCheckpointIO io) : Callback
    {
        public override void OnTrainBatchEnd(OnTrainBatchEndArguments arguments)
        {
            shown.Add(screen.ToString());
            io.Open |= arguments.Trainer.GlobalStep == 2;
        }
    }
}
