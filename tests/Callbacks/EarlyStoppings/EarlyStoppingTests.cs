namespace Fulgurite.Tests.Callbacks.EarlyStoppings;

[TestClass]
public sealed class EarlyStoppingTests
{
    [TestMethod]
    [DataRow(MonitorMode.Min, 0.0, 2, new[] { 5, 4, 4.5, 3, 3.5, 3, 2 }, 6, 3.0)]
    [DataRow(MonitorMode.Max, 0.0, 2, new[] { 1, 2, 1.5, 3, 2.5, 3, 4 }, 6, 3.0)]
    [DataRow(MonitorMode.Min, 0.5, 2, new[] { 5, 4.9, 4.4, 4.3, 4.0 }, 5, 4.4)]
    [DataRow(MonitorMode.Min, 0.0, 1, new[] { 5, 5.0, 4 }, 2, 5.0)]
    [DataRow(MonitorMode.Min, 0.0, 3, new[] { 5.0, 4, 3, 2, 1 }, 5, 1.0)]
    public void Fit_MetricOfValidations_StopsWhenPatienceIsExhausted(
        MonitorMode mode, double minDelta, int patience, double[] losses, int validations, double best)
    {
        var stopping = new EarlyStopping(new EarlyStoppingOptions { Mode = mode, MinDelta = minDelta, Patience = patience });

        var (result, seen) = Fit(stopping, losses);

        Assert.AreEqual(validations, seen);
        Assert.AreEqual(best, stopping.BestScore);
        var stopped = validations < losses.Length || stopping.WaitCount >= patience;
        Assert.AreEqual(stopped ? EarlyStoppingReason.PatienceExhausted : EarlyStoppingReason.None, stopping.Reason);
        Assert.AreEqual(stopped && validations < losses.Length ? FitStatus.Stopped : result.Status, result.Status);
        Assert.AreEqual(stopped ? validations - 1 : null, stopping.StoppedEpoch);
    }

    [TestMethod]
    [DataRow(new[] { 3, double.NaN, 1 }, EarlyStoppingReason.NotFinite, "val_loss is NaN.")]
    [DataRow(new[] { 3, double.PositiveInfinity, 1 }, EarlyStoppingReason.NotFinite, "val_loss is Infinity.")]
    [DataRow(new[] { 3, 0.4, 1 }, EarlyStoppingReason.StoppingThreshold, "val_loss is 0.4, which is better than 0.5.")]
    [DataRow(new[] { 3, 10.5, 1 }, EarlyStoppingReason.DivergenceThreshold, "val_loss is 10.5, which is worse than 10.")]
    public void Fit_ValueBeyondALimit_StopsAtOnce(double[] losses, EarlyStoppingReason reason, string text)
    {
        var stopping = new EarlyStopping(new EarlyStoppingOptions { StoppingThreshold = 0.5, DivergenceThreshold = 10 });

        var (result, seen) = Fit(stopping, losses);

        Assert.AreEqual(2, seen);
        Assert.AreEqual(FitStatus.Stopped, result.Status);
        Assert.AreEqual(reason, stopping.Reason);
        Assert.StartsWith(text, stopping.ReasonText);
    }

    [TestMethod]
    public void Fit_NotFiniteAndNotChecked_CountsAsNoBetter()
    {
        var stopping = new EarlyStopping(new EarlyStoppingOptions { CheckFinite = false, Patience = 2 });

        var (_, seen) = Fit(stopping, 3, double.NaN, double.NaN, 1);

        Assert.AreEqual(3, seen);
        Assert.AreEqual(3.0, stopping.BestScore);
    }

    [TestMethod]
    public void Fit_FirstValueIsNoNumberAndNotChecked_IsNeverTheBest()
    {
        var stopping = new EarlyStopping(new EarlyStoppingOptions { CheckFinite = false, Patience = 2 });

        var (result, seen) = Fit(stopping, double.NaN, 3, 2, 1);

        Assert.AreEqual(4, seen, "it gets better all the time");
        Assert.AreEqual(FitStatus.Completed, result.Status);
        Assert.AreEqual(1.0, stopping.BestScore);
    }

    [TestMethod]
    public void Fit_NoValueIsANumberAndNotChecked_ExhaustsThePatience()
    {
        var stopping = new EarlyStopping(new EarlyStoppingOptions { CheckFinite = false, Patience = 2 });

        var (_, seen) = Fit(stopping, double.NaN, double.NaN, double.NaN, double.NaN);

        Assert.AreEqual(2, seen);
        Assert.IsNull(stopping.BestScore);
        Assert.AreEqual("val_loss was no number in the last 2 checks.", stopping.ReasonText);
    }

    [TestMethod]
    public void Fit_MetricNeverLogged_IsAnErrorThatNamesTheOthers()
    {
        var stopping = new EarlyStopping(new EarlyStoppingOptions { Monitor = "accuracy" });

        var error = Assert.ThrowsExactly<InvalidOperationException>(() => Fit(stopping, 3, 2));

        Assert.StartsWith("EarlyStopping monitors 'accuracy', which was not logged. Logged so far: val_loss.", error.Message);
    }

    [TestMethod]
    public void Fit_MetricNeverLoggedAndNotStrict_GoesOnAndSaysSoOnce()
    {
        var log = new CollectingLogger<EarlyStopping>();

        var (result, _) = Fit(new EarlyStopping(new EarlyStoppingOptions { Monitor = "accuracy", Strict = false }, log), 3, 2, 1);

        Assert.AreEqual(FitStatus.Completed, result.Status);
        Assert.ContainsSingle(log.Messages);
        Assert.Contains("'accuracy', which was not logged; logged so far: val_loss", log.Messages[0]);
    }

    [TestMethod]
    public void Fit_NothingLoggedAtAll_SaysSo()
    {
        using var module = new ScriptedModule();
        var trainer = new Trainer(
            new SingleDeviceStrategy(new HeldCheckpointIO()), new TrainerOptions { MaxEpochs = 1 },
            [new EarlyStopping(new() { Monitor = "accuracy", CheckOnTrainEpochEnd = true })]);

        var error = Assert.ThrowsExactly<InvalidOperationException>(() => trainer.Fit(module, ScriptedModule.Data(1)));

        Assert.Contains("Logged so far: nothing.", error.Message);
    }

    [TestMethod]
    [TestProperty("Behaviour", "ES1")]
    public void LoadStateDict_ScoreOfLightning_IsATensorOfOneElement()
    {
        var stopping = new EarlyStopping();
        using var score = tensor(0.25f);

        stopping.LoadStateDict(new StateMap
        {
            ["wait_count"] = 2,
            ["stopped_epoch"] = 7,
            ["best_score"] = TensorData.FromTensor(score),
            ["patience"] = 3,
        });

        Assert.AreEqual(0.25, stopping.BestScore);
        Assert.AreEqual(2, stopping.WaitCount);
        Assert.AreEqual(EarlyStoppingReason.None, stopping.Reason, "Lightning saves none");
        Assert.IsNull(stopping.StoppedEpoch);
    }

    [TestMethod]
    public void LoadStateDict_StoppedRunWithoutABestScore_IsRestored()
    {
        var stopping = new EarlyStopping();

        stopping.LoadStateDict(new StateMap
        {
            ["wait_count"] = 0,
            ["stopped_epoch"] = 4,
            ["best_score"] = double.NaN,
            ["patience"] = 3,
            ["reason"] = nameof(EarlyStoppingReason.NotFinite),
        });

        Assert.IsNull(stopping.BestScore);
        Assert.AreEqual(EarlyStoppingReason.NotFinite, stopping.Reason);
        Assert.AreEqual(4, stopping.StoppedEpoch);
    }

    [TestMethod]
    public void Fit_MetricOfEpochs_IsCheckedWhereThereIsNoValidation()
    {
        using var module = new ConstantLossModule();
        var stopping = new EarlyStopping(new EarlyStoppingOptions { Monitor = "train_loss", Patience = 2 });

        var result = new Trainer(
            new SingleDeviceStrategy(new HeldCheckpointIO()),
            new TrainerOptions { MaxEpochs = 10 },
            [stopping]).Fit(module, ScriptedModule.Data(2));

        Assert.AreEqual(3, result.EpochsCompleted);
        Assert.AreEqual(2, stopping.StoppedEpoch);
    }

    [TestMethod]
    public void Fit_ValidationsWithinAnEpoch_DoNotCountWhereEpochsAreChecked()
    {
        using var module = new ScriptedModule(Enumerable.Repeat(1.0, 40).ToArray());
        var stopping = new EarlyStopping(new EarlyStoppingOptions { Patience = 2, CheckOnTrainEpochEnd = true });

        var result = new Trainer(
            new SingleDeviceStrategy(new HeldCheckpointIO()), new TrainerOptions { MaxEpochs = 10, ValidationInterval = 2 }, [stopping])
            .Fit(module, ScriptedModule.Data(8), ScriptedModule.Data(1));

        Assert.AreEqual(3, result.EpochsCompleted);
    }

    [TestMethod]
    public void Fit_OldMetric_IsNotCountedAgain()
    {
        // Validated once an epoch and checked at the end of each: the value is fresh once, the others are old.
        using var module = new ScriptedModule(5, 4);
        var stopping = new EarlyStopping(new EarlyStoppingOptions { Patience = 1 });

        var result = new Trainer(new SingleDeviceStrategy(new HeldCheckpointIO()), new TrainerOptions { MaxEpochs = 6 }, [stopping])
            .Fit(module, ScriptedModule.Data(2), ScriptedModule.Data(1));

        Assert.AreEqual(6, result.EpochsCompleted);
        Assert.AreEqual(0, stopping.WaitCount);
    }

    [TestMethod]
    [TestProperty("Behaviour", "ES1")]
    public void Fit_StateInTheFile_EqualsTheLiveOneAndGoesOn()
    {
        var storage = new HeldCheckpointIO { Open = true };
        var states = new Dictionary<string, (int Wait, double? Best)>();
        var stopping = new EarlyStopping(new EarlyStoppingOptions { Patience = 3 });
        var saving = new SavingCallback
        {
            AtValidationEnd = trainer =>
            {
                states[$"step{trainer.GlobalStep}.ckpt"] = (stopping.WaitCount, stopping.BestScore);
                return true;
            },
        };
        using var module = new ScriptedModule(5, 4, 6, 4.5);
        new Trainer(
            new SingleDeviceStrategy(storage),
            new TrainerOptions { MaxEpochs = 4 },
            [saving, stopping]).Fit(module, ScriptedModule.Data(2), ScriptedModule.Data(1));

        Assert.HasCount(4, states);
        foreach (var (path, live) in states)
        {
            using var state = storage.Read(path);
            var saved = state.Find("callbacks")!.AsMap()[stopping.StateKey].AsMap();
            Assert.AreEqual(live.Wait, saved["wait_count"].AsInteger());
            Assert.AreEqual(live.Best, saved["best_score"].AsReal());
        }

        // Two of three checks had passed without a better value; the next one ends it.
        using var second = new ScriptedModule(4.2, 1);
        var resumed = new EarlyStopping(new EarlyStoppingOptions { Patience = 3 });
        var result = new Trainer(new SingleDeviceStrategy(storage), new TrainerOptions { MaxEpochs = 9 }, [resumed])
            .Fit(second, ScriptedModule.Data(2), ScriptedModule.Data(1), "step8.ckpt");

        Assert.AreEqual(FitStatus.Stopped, result.Status);
        Assert.AreEqual(10, result.GlobalStep);
        Assert.AreEqual(4.0, resumed.BestScore);
    }

    [TestMethod]
    [TestProperty("Behaviour", "ES1")]
    [DataRow(2, 6)]
    [DataRow(3, 8)]
    public void Fit_ResumedRunThatWasStopped_TrainsOnlyWithMorePatience(int patience, int steps)
    {
        var storage = new HeldCheckpointIO { Open = true };
        using var module = new ScriptedModule(1, 2, 3, 4, 5);
        new Trainer(
            new SingleDeviceStrategy(storage),
            new TrainerOptions { MaxEpochs = 9 },
            [
                new EarlyStopping(new EarlyStoppingOptions { Patience = 2 }),
                new ModelCheckpoint(new ModelCheckpointOptions { SaveLast = true }),
            ])
            .Fit(module, ScriptedModule.Data(2), ScriptedModule.Data(1));
        var stopping = new EarlyStopping(new EarlyStoppingOptions { Patience = patience });
        using var second = new ScriptedModule(4, 5);

        var result = new Trainer(
            new SingleDeviceStrategy(storage),
            new TrainerOptions { MaxEpochs = 9 },
            [stopping, new ModelCheckpoint(new ModelCheckpointOptions { SaveLast = true })])
            .Fit(second, ScriptedModule.Data(2), ScriptedModule.Data(1), "last");

        Assert.AreEqual(FitStatus.Stopped, result.Status);
        Assert.AreEqual(steps, result.GlobalStep);
        Assert.Contains($"in the last {patience} checks", stopping.ReasonText!);
    }

    [TestMethod]
    [DataRow(5, null, 10)]
    [DataRow(null, 9, 9)]
    [DataRow(null, null, 6)]
    public void Fit_LeastNumbersOfEpochsOrSteps_StillHold(int? minEpochs, int? minSteps, int steps)
    {
        using var module = new ScriptedModule(1, 2, 3, 4, 5, 6, 7, 8);
        var stopping = new EarlyStopping(new EarlyStoppingOptions { Patience = 2 });

        var result = new Trainer(
            new SingleDeviceStrategy(new HeldCheckpointIO()),
            new TrainerOptions { MaxEpochs = 8, MinEpochs = minEpochs, MinSteps = minSteps },
            [stopping])
            .Fit(module, ScriptedModule.Data(2), ScriptedModule.Data(1));

        Assert.AreEqual(FitStatus.Stopped, result.Status);
        Assert.AreEqual(steps, result.GlobalStep);
        Assert.AreEqual(EarlyStoppingReason.PatienceExhausted, stopping.Reason);
    }

    [TestMethod]
    public void Fit_TrialOfAFewBatches_IsNotJudged()
    {
        using var module = new ScriptedModule(double.NaN);
        var stopping = new EarlyStopping();

        var result = new Trainer(new SingleDeviceStrategy(new HeldCheckpointIO()), new TrainerOptions { FastDevRun = 1 }, [stopping])
            .Fit(module, ScriptedModule.Data(2), ScriptedModule.Data(1));

        Assert.AreEqual(EarlyStoppingReason.None, stopping.Reason);
        Assert.AreEqual(FitStatus.Completed, result.Status);
    }

    [TestMethod]
    public void Fit_SecondFitOfTheSameTrainer_StartsAnew()
    {
        var stopping = new EarlyStopping(new EarlyStoppingOptions { Patience = 2 });
        Fit(stopping, 1, 2, 3);

        var (_, seen) = Fit(stopping, 9, 8, 7);

        Assert.AreEqual(3, seen);
        Assert.AreEqual(EarlyStoppingReason.None, stopping.Reason);
        Assert.AreEqual(7.0, stopping.BestScore);
    }

    [TestMethod]
    public void AddCallback_OptionNotAllowed_IsNamed()
    {
        var error = Assert.ThrowsExactly<ArgumentException>(
            () => new EarlyStopping(new EarlyStoppingOptions { Patience = -1, Monitor = string.Empty }));

        Assert.Contains("EarlyStoppingOptions.Patience is -1; allowed is 0 or more.", error.Message);
        Assert.Contains("EarlyStoppingOptions.Monitor is ''", error.Message);
    }

    [TestMethod]
    public void AddCallback_Configured_IsMadeWithItsOptions()
    {
        using var trainer = Trainer.Create(builder => builder
            .AddStrategy(new SingleDeviceStrategy(new HeldCheckpointIO()))
            .AddCallback<EarlyStopping>(options => options.Patience = 7));

        Assert.AreEqual(7, trainer.Callbacks.OfType<EarlyStopping>().Single().Options.Patience);
    }

    private static (FitResult Result, int Validations) Fit(EarlyStopping stopping, params double[] losses)
    {
        using var module = new ScriptedModule(losses);
        var validations = 0;
        var counting = new LambdaCallback().On<OnValidationEndArguments>(_ => validations++);
        var result = new Trainer(
            new SingleDeviceStrategy(new HeldCheckpointIO()), new TrainerOptions { MaxEpochs = losses.Length }, [stopping, counting])
            .Fit(module, ScriptedModule.Data(2), ScriptedModule.Data(1));
        return (result, validations);
    }
}
