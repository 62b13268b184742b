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
            [new SecondsPass(_time), new Saves(), view, new Snapshots(_screen, shown, io)]).Fit(
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
                [new SecondsPass(_time), new Saves(), view, new Writes(() =>
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

    [TestMethod]
    public void Fit_TwoSavesArePending_CountsThem()
    {
        using var module = new ScriptedModule(0.5);
        var view = new ProgressView(
            new ProgressViewOptions { ShowModel = false, RefreshInterval = TimeSpan.Zero },
            new ProgressTerminal(_screen, isInteractive: true, width: () => 100), _time);

        new Trainer(
            new SingleDeviceStrategy(new HeldCheckpointIO()), new TrainerOptions { MaxEpochs = 1, EnableCheckpointing = false },
            [new Saves(), new Saves(), view]).Fit(module, ScriptedModule.Data(2));

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
        using var module = new ScriptedModule(0.5, 0.4, 0.3, 0.2) { ShowLoss = true, TrainingLoss = trainingLoss };
        new Trainer(
            new SingleDeviceStrategy(new HeldCheckpointIO()), trainer, [new SecondsPass(_time), new ProgressView(options, terminal, _time)])
            .Fit(module, ScriptedModule.Data(4), ScriptedModule.Data(1));
    }

    /// <summary>The start and every batch take a second.</summary>
    private sealed class SecondsPass(FakeTimeProvider time) : Callback
    {
        public override void OnTrainStart(OnTrainStartArguments arguments) => time.Advance(TimeSpan.FromSeconds(1));

        public override void OnTrainBatchStart(OnTrainBatchStartArguments arguments) => time.Advance(TimeSpan.FromSeconds(1));
    }

    private sealed class Saves : Callback
    {
        public override void OnTrainBatchEnd(OnTrainBatchEndArguments arguments)
        {
            if (arguments.Trainer.GlobalStep == 1)
            {
                arguments.Trainer.SaveCheckpoint("one.ckpt");
            }
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

    private sealed class Throws : Callback
    {
        public override void OnTrainBatchEnd(OnTrainBatchEndArguments arguments) => throw new InvalidOperationException("on purpose");
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
