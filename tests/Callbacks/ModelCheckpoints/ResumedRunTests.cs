namespace Fulgurite.Tests.Callbacks.ModelCheckpoints;

/// <summary>Runs that go on from what <see cref="ModelCheckpoint"/> saved, beside runs that were never stopped.</summary>
[TestClass]
public sealed class ResumedRunTests
{
    private const string Folder = "/checkpoints";

    [TestMethod]
    public void Resume_RunThatHadNothingLeftToDo_ChangesNothing()
    {
        var whole = Fit(new HeldCheckpointIO { Open = true }, 10);
        var storage = new HeldCheckpointIO { Open = true };

        var first = Fit(storage, 5);
        Fit(storage, 5, resume: $"{Folder}/last.ckpt");
        var rest = Fit(storage, 10, resume: $"{Folder}/last.ckpt");

        Assert.AreSequenceEqual(whole.Losses, first.Losses.Concat(rest.Losses));
    }

    [TestMethod]
    public void Resume_HookDrawsRandomNumbersAtTheStartOfAnEpoch_IsExact()
    {
        static HookCallback Drawing() => new() { EpochStart = () => rand(3).Dispose() };
        var whole = Fit(new HeldCheckpointIO { Open = true }, 16, hook: Drawing());
        var storage = new HeldCheckpointIO { Open = true };

        var first = Fit(storage, 8, hook: Drawing());
        var rest = Fit(storage, 16, resume: $"{Folder}/last.ckpt", hook: Drawing());

        Assert.AreSequenceEqual(whole.Losses, first.Losses.Concat(rest.Losses));
    }

    [TestMethod]
    public void Resume_InAMovedFolder_KeepsItsBestAndItsLast()
    {
        var storage = new HeldCheckpointIO { Open = true };
        Fit(storage, 6);
        var moved = new HeldCheckpointIO { Open = true };
        foreach (var path in storage.Files)
        {
            using var state = storage.LoadCheckpointAsync(path, null, CancellationToken.None).Result;
            moved.Submit(state, path.Replace(Folder, "/moved", StringComparison.Ordinal), null);
        }

        var options = Options();
        options.DirPath = "/moved";
        var run = Fit(moved, 7, resume: "/moved/last.ckpt", options: options);

        Assert.IsNotNull(run.Callback.BestModelPath);
        Assert.DoesNotContain("/moved/last-v1.ckpt", moved.Files);
    }

    [TestMethod]
    public void Resume_AfterTheBestOneFailed_KnowsTheOneBefore()
    {
        var storage = new HeldCheckpointIO { Open = true, Fails = path => path.Contains("step=4", StringComparison.Ordinal) };
        FitScripted(storage, null, 2, 0.5, 0.4);

        var best = FitScripted(storage, $"{Folder}/last.ckpt", 3, 0.9);

        Assert.AreEqual($"{Folder}/epoch=0-step=2.ckpt", best);
    }

    [TestMethod]
    public void Resume_FromTheBestOne_NeverRemovesThatFile()
    {
        var storage = new HeldCheckpointIO { Open = true };
        FitScripted(storage, null, 1, 0.5);

        var best = FitScripted(storage, $"{Folder}/epoch=0-step=2.ckpt", 3, 0.4, 0.3);

        Assert.AreEqual($"{Folder}/epoch=2-step=6.ckpt", best);
        Assert.Contains($"{Folder}/epoch=0-step=2.ckpt", storage.Files, "the run began with it");
        Assert.DoesNotContain($"{Folder}/epoch=1-step=4.ckpt", storage.Files);
    }

    [TestMethod]
    public void Resume_FromLastOfTheBatchBeforeTheBestWasSaved_KnowsTheBest()
    {
        static ModelCheckpointOptions EverySecond() => new()
        {
            DirPath = Folder,
            SaveLast = true,
            Monitor = "val_loss",
            EveryNTrainSteps = 2,
        };
        var whole = new HeldCheckpointIO { Open = true };
        Fit(whole, 8, options: EverySecond());
        var storage = new HeldCheckpointIO { Open = true };
        var crash = new HookCallback { BeforeStep = FailAt(step: 3) };

        Assert.ThrowsExactly<InvalidDataException>(() => Fit(storage, 8, options: EverySecond(), hook: crash));
        Fit(storage, 8, resume: $"{Folder}/last.ckpt", options: EverySecond());

        Assert.AreSequenceEqual(
            whole.Files.Order(StringComparer.Ordinal),
            storage.Files.Order(StringComparer.Ordinal),
            "neither a file of nobody nor a second version");
    }

    [TestMethod]
    public void Resume_MetricOfAnEarlierValidation_IsKnownAsOldRatherThanMissing()
    {
        var storage = new HeldCheckpointIO { Open = true };
        ModelCheckpointOptions EverySixteen() => new() { DirPath = Folder, SaveLast = true, Monitor = "val_loss", EveryNTrainSteps = 16 };
        var interval = new TrainerOptions { ValidationInterval = 3 };
        Fit(storage, 15, options: EverySixteen(), trainerOptions: interval, batches: 100);

        var rest = Fit(storage, 18, resume: $"{Folder}/last.ckpt", options: EverySixteen(), trainerOptions: interval, batches: 100);

        Assert.AreEqual(18, rest.Result!.GlobalStep);
    }

    [TestMethod]
    public void Fit_StepThatEndsAnAccumulationWindowWithTheEpoch_TriggersASave()
    {
        var storage = new HeldCheckpointIO { Open = true };

        Fit(
            storage,
            9,
            options: new ModelCheckpointOptions { DirPath = Folder, EveryNTrainSteps = 3, SaveTopK = -1 },
            trainerOptions: new TrainerOptions { AccumulateGradBatches = 2 },
            batches: 5);

        CollectionAssert.AreEqual(
            new[] { "epoch=0-step=3.ckpt", "epoch=1-step=6.ckpt", "epoch=2-step=9.ckpt" },
            storage.Files.Select(path => Path.GetFileName(path)).ToList());
    }

    [TestMethod]
    public void Fit_TrainingMetricAndStepTrigger_KeepsABest()
    {
        var run = Fit(
            new HeldCheckpointIO { Open = true },
            8,
            options: new ModelCheckpointOptions { DirPath = Folder, Monitor = "train_loss", EveryNTrainSteps = 2 },
            trainerOptions: new TrainerOptions());

        Assert.IsNotNull(run.Callback.BestModelPath);
        Assert.AreEqual(new[] { 1, 3, 5, 7 }.Min(index => run.Losses[index]), run.Callback.BestModelScore);
    }

    [TestMethod]
    public void Fit_LimitOnTheLastBatchOfAnEpoch_EndsTheEpochToo()
    {
        var run = Fit(new HeldCheckpointIO { Open = true }, 8, trainerOptions: new TrainerOptions());

        Assert.AreEqual(1, run.Result!.EpochsCompleted);
        Assert.IsTrue(run.Result.Metrics.ContainsKey("val_loss"));
    }

    [TestMethod]
    public void Fit_SecondFitFailsBeforeItBegins_LeavesTheLastOfTheFirst()
    {
        var storage = new HeldCheckpointIO { Open = true };
        using var module = new RandomModule();
        var hook = new HookCallback();
        var callback = new ModelCheckpoint(new ModelCheckpointOptions { DirPath = Folder, SaveLast = true, SaveOnException = true });
        var trainer = new Trainer(new SingleDeviceStrategy(storage), new TrainerOptions { MaxSteps = 4 }, [hook, callback]);
        trainer.Fit(module, ScriptedModule.Data(8));
        hook.FitStart = () => throw new InvalidDataException("no data today");

        Assert.ThrowsExactly<InvalidDataException>(() => trainer.Fit(module, ScriptedModule.Data(8)));

        using var last = storage.LoadCheckpointAsync($"{Folder}/last.ckpt", null, CancellationToken.None).Result;
        Assert.AreEqual(4, last["global_step"].AsInteger());
    }

    [TestMethod]
    public void Fit_ExceptionBetweenBackwardAndStep_CountsTheBatchOnceAndGoesOnExactly()
    {
        var whole = Fit(new HeldCheckpointIO { Open = true }, 8);
        var storage = new HeldCheckpointIO { Open = true };
        var steps = 0;
        var options = Options();
        options.SaveOnException = true;
        var failing = new HookCallback { BeforeStep = () => _ = ++steps == 4 ? throw new InvalidDataException("not now") : 0 };
        var first = new List<double>();
        Assert.ThrowsExactly<InvalidDataException>(() => Fit(storage, 8, options: options, hook: failing, losses: first));
        using (var state = storage.LoadCheckpointAsync($"{Folder}/last.ckpt", null, CancellationToken.None).Result)
        {
            Assert.AreEqual(4, state.Find("fulgurite.progress.batches")!.AsInteger());
            Assert.AreEqual(1, state.Find("fulgurite.progress.accumulated")!.AsInteger(), "its gradients wait for the step");
        }

        var rest = Fit(storage, 8, resume: $"{Folder}/last.ckpt");

        Assert.AreSequenceEqual(whole.Losses, first.Concat(rest.Losses));
    }

    [TestMethod]
    public void Fit_RemovalFails_EndsWithItsResult()
    {
        using var module = new ScriptedModule(0.5, 0.4);
        var storage = new HeldCheckpointIO { Open = true, RemovalFailure = new UnauthorizedAccessException("denied") };

        var result = new Trainer(
            new SingleDeviceStrategy(storage),
            new TrainerOptions { MaxEpochs = 2 },
            [new ModelCheckpoint(new ModelCheckpointOptions { Monitor = "val_loss", DirPath = Folder })]).Fit(
                module, ScriptedModule.Data(2), ScriptedModule.Data(1));

        Assert.AreEqual(2, result.Checkpoints.Durable);
    }

    [TestMethod]
    public void Fit_NewRunAfterAnEvaluationOfACheckpoint_KnowsNothingOfTheRunThatMadeIt()
    {
        var storage = new HeldCheckpointIO { Open = true };
        using var first = new ScriptedModule(0.1);
        var callback = new ModelCheckpoint(new ModelCheckpointOptions { DirPath = Folder, Monitor = "val_loss" });
        var trainer = new Trainer(new SingleDeviceStrategy(storage), new TrainerOptions { MaxEpochs = 1 }, [callback]);
        trainer.Fit(first, ScriptedModule.Data(2), ScriptedModule.Data(1));
        trainer.Validate(first, ScriptedModule.Data(1), "best");
        using var second = new ScriptedModule(0.9, 0.8);
        trainer.Options.MaxEpochs = 2;

        trainer.Fit(second, ScriptedModule.Data(2), ScriptedModule.Data(1));

        Assert.AreEqual(0.8, callback.BestModelScore);
        Assert.Contains($"{Folder}/epoch=0-step=2.ckpt", storage.Files, "that of the first run is not the second's to remove");
    }

    private static Action FailAt(int step)
    {
        var steps = 0;
        return () => _ = ++steps == step ? throw new InvalidDataException("not now") : 0;
    }

    private static ModelCheckpointOptions Options() => new() { DirPath = Folder, SaveLast = true, Monitor = "val_loss" };

    private static string? FitScripted(HeldCheckpointIO storage, string? resume, int epochs, params double[] losses)
    {
        using var module = new ScriptedModule(losses);
        var callback = new ModelCheckpoint(Options());
        new Trainer(
            new SingleDeviceStrategy(storage),
            new TrainerOptions { MaxEpochs = epochs, OnCheckpointFailure = CheckpointFailurePolicy.Continue },
            [callback]).Fit(module, ScriptedModule.Data(2), ScriptedModule.Data(1), resume);
        return callback.BestModelPath;
    }

    private static Run Fit(
        HeldCheckpointIO storage,
        long maxSteps,
        string? resume = null,
        ModelCheckpointOptions? options = null,
        HookCallback? hook = null,
        TrainerOptions? trainerOptions = null,
        int batches = 8,
        List<double>? losses = null)
    {
        manual_seed(11);
        using var module = new RandomModule();
        manual_seed(resume is null ? 12 : 13);
        var callback = new ModelCheckpoint(options ?? Options());
        trainerOptions ??= new TrainerOptions { ValidationInterval = 2 };
        trainerOptions.MaxSteps = maxSteps;
        try
        {
            var result = new Trainer(new SingleDeviceStrategy(storage), trainerOptions, hook is null ? [callback] : [hook, callback])
                .Fit(module, ScriptedModule.Data(batches), ScriptedModule.Data(2), resume);
            return new Run(result, module.Losses, callback);
        }
        finally
        {
            losses?.AddRange(module.Losses);
        }
    }

    private sealed record Run(FitResult? Result, List<double> Losses, ModelCheckpoint Callback);
}
