using Fulgurite.Schedulers;

namespace Fulgurite.Tests.Core.Schedulers;

/// <summary>When the trainer steps schedulers, what a checkpoint knows of it, and that a resumed run goes on with it.</summary>
[TestClass]
public sealed class ScheduledFitTests
{
    private const int Batches = 4;

    private static readonly Dictionary<string, Func<optim.Optimizer, SchedulerConfiguration[]>> Setups = new()
    {
        ["epoch"] = o => [new StepLR(o, 1, 0.5)],
        ["step"] = o => [new SchedulerConfiguration(new CosineAnnealingLR(o, 5)) { Interval = SchedulerInterval.Step }],
        ["every third step"] = o =>
            [new SchedulerConfiguration(new ExponentialLR(o, 0.7)) { Interval = SchedulerInterval.Step, Frequency = 3 }],
        ["every other epoch"] = o => [new SchedulerConfiguration(new ExponentialLR(o, 0.7)) { Frequency = 2 }],
        ["one cycle"] = o => [new SchedulerConfiguration(new OneCycleLR(o, 0.1, 20)) { Interval = SchedulerInterval.Step }],
        ["cyclic"] = o => [new SchedulerConfiguration(new CyclicLR(o, 0.01, 0.1, 3)) { Interval = SchedulerInterval.Step }],
        ["warm-up, then restarts"] = o =>
        [
            new SchedulerConfiguration(
                new SequentialLR(
                    o,
                    [new LinearLR(o, 0.1, totalIterations: 4), new CosineAnnealingWarmRestarts(o, 3)],
                    [4])) { Interval = SchedulerInterval.Step },
        ],
        ["plateau"] = o =>
            [new SchedulerConfiguration(new ReduceLROnPlateau(o, factor: 0.5, patience: 0, threshold: 0.5)) { Monitor = "val_loss" }],
        ["plateau by steps"] = o =>
            [
                new SchedulerConfiguration(new ReduceLROnPlateau(o, factor: 0.9, patience: 0))
                {
                    Monitor = "train_loss",
                    Interval = SchedulerInterval.Step,
                },
            ],
        ["plateau by epochs of training"] = o =>
            [new SchedulerConfiguration(new ReduceLROnPlateau(o, factor: 0.9, patience: 0, threshold: 0.5)) { Monitor = "train_loss" }],
        ["two"] = o =>
            [
                new StepLR(o, 1, 0.9),
                new SchedulerConfiguration(new ExponentialLR(o, 0.95)) { Interval = SchedulerInterval.Step, Frequency = 2 },
            ],
    };

    public static IEnumerable<(string Setup, int? Validation, int StopAfter)> Resumes =>
        from setup in Setups.Keys
        from validation in new int?[] { null, 2 }
        from stop in new[] { 3, 4, 6, 8 }
        select (setup, validation, stop);

    [TestMethod]
    [DynamicData(nameof(Resumes))]
    [TestProperty("Behaviour", "LP10")]
    public void Fit_StoppedAndResumed_SetsTheRatesOfARunNeverStopped(string setup, int? validation, int stopAfter)
    {
        var whole = Run(setup, validation, new InMemoryCheckpointIO(), null, null);

        var storage = new InMemoryCheckpointIO();
        var first = Run(setup, validation, storage, stopAfter, null);
        var second = Run(setup, validation, storage, null, "stopped.ckpt");

        Assert.AreSequenceEqual(whole.Rates, first.Rates.Concat(second.Rates), "the rate and momentum of every step, bit for bit");
        Assert.AreSequenceEqual(whole.Losses, first.Losses.Concat(second.Losses));
        Assert.AreSequenceEqual(whole.Weights, second.Weights);
        Assert.IsGreaterThan(1, whole.Rates.Distinct().Count(), "a schedule that does not move would prove nothing");
    }

    [TestMethod]
    [DataRow("end", SchedulerInterval.Epoch, 1)]
    [DataRow("end", SchedulerInterval.Step, 2)]
    [DataRow("validation", SchedulerInterval.Epoch, 1)]
    [DataRow("validation", SchedulerInterval.Step, 2)]
    [TestProperty("Behaviour", "OP1")]
    public void Fit_SavedAtTheEndOfAnEpoch_HoldsTheSteppedScheduler(string when, SchedulerInterval interval, int frequency)
    {
        var storage = new InMemoryCheckpointIO();
        using var module = Module(o => [new SchedulerConfiguration(new StepLR(o, 1, 0.5)) { Interval = interval, Frequency = frequency }]);
        var trainer = new Trainer(new SingleDeviceStrategy(storage), new TrainerOptions { MaxEpochs = 2 }, [new SaveAt(storage, when)]);

        trainer.Fit(module, new SmallData(Batches), new SmallData(2));

        for (var epoch = 1; epoch <= 2; epoch++)
        {
            var steps = interval == SchedulerInterval.Epoch ? epoch : epoch * Batches / frequency;
            var state = storage[$"{epoch * Batches}.ckpt"];
            Assert.AreEqual(steps, state.Find("lr_schedulers.0.last_epoch")!.AsInteger());
            Assert.AreEqual(0.05 * Math.Pow(0.5, steps), state.Find("optimizer_states.0.param_groups.0.lr")!.AsReal(), 1e-15);
            Assert.AreEqual(0.05, state.Find("optimizer_states.0.param_groups.0.initial_lr")!.AsReal());
        }
    }

    [TestMethod]
    [DataRow("end")]
    [DataRow("validation")]
    [TestProperty("Behaviour", "OP2")]
    public void Fit_PlateauByStepsOfAValidationMetric_HasSeenItInTheFileOfThatValidation(string when)
    {
        var storage = new InMemoryCheckpointIO();
        using var module = Module(o =>
            [new SchedulerConfiguration(new ReduceLROnPlateau(o)) { Monitor = "val_loss", Interval = SchedulerInterval.Step }]);
        var trainer = new Trainer(new SingleDeviceStrategy(storage), new TrainerOptions { MaxEpochs = 3 }, [new SaveAt(storage, when)]);

        var result = trainer.Fit(module, new SmallData(Batches), new SmallData(2));

        Assert.AreEqual(
            1, storage[$"{Batches}.ckpt"].Find("lr_schedulers.0.last_epoch")!.AsInteger(), "once for the one value that there was");
        Assert.AreEqual(3, storage[$"{3 * Batches}.ckpt"].Find("lr_schedulers.0.last_epoch")!.AsInteger());
        Assert.IsLessThanOrEqualTo(result.Metrics["val_loss"], storage[$"{3 * Batches}.ckpt"].Find("lr_schedulers.0.best")!.AsReal());
    }

    [TestMethod]
    [DataRow(null, 4)]
    [DataRow(1, 4)]
    [DataRow(2, 4)]
    [DataRow(3, 4)]
    [TestProperty("Behaviour", "OP3")]
    public void Fit_ValidationsWithinEpochs_StepAnEpochSchedulerOncePerEpoch(int? validation, int epochs)
    {
        LearningRateScheduler? scheduler = null;
        using var module = Module(o => [scheduler = new StepLR(o, 1, 0.5)]);
        var trainer = new Trainer(
            new SingleDeviceStrategy(new InMemoryCheckpointIO()),
            new TrainerOptions
            {
                MaxEpochs = epochs,
                ValidationInterval = validation is { } interval ? ValidationInterval.EveryBatches(interval) : null,
            });

        trainer.Fit(module, new SmallData(Batches), new SmallData(2));

        Assert.AreEqual(epochs, scheduler!.LastEpoch);
    }

    [TestMethod]
    public void Fit_PlateauWithFewValidations_SeesEachValueOnce()
    {
        LearningRateScheduler? scheduler = null;
        using var module = Module(o => [new SchedulerConfiguration(scheduler = new ReduceLROnPlateau(o)) { Monitor = "val_loss" }]);
        var trainer = new Trainer(
            new SingleDeviceStrategy(new InMemoryCheckpointIO()), new TrainerOptions { MaxEpochs = 7, CheckValidationEveryNEpochs = 3 });

        trainer.Fit(module, new SmallData(Batches), new SmallData(2));

        Assert.AreEqual(2, scheduler!.LastEpoch, "validations after the third and the sixth epoch; no old value in between");
    }

    [TestMethod]
    public void Fit_MetricThatWasNeverLogged_IsAnErrorThatNamesThoseThatWere()
    {
        using var module = Module(o => [new SchedulerConfiguration(new ReduceLROnPlateau(o)) { Monitor = "accuracy" }]);
        var trainer = new Trainer(new SingleDeviceStrategy(new InMemoryCheckpointIO()), new TrainerOptions { MaxEpochs = 1 });

        var error = Assert.ThrowsExactly<InvalidOperationException>(() => trainer.Fit(module, new SmallData(Batches), new SmallData(2)));

        Assert.AreEqual(
            "The ReduceLROnPlateau monitors the metric 'accuracy', which was never logged. Known metrics: train_loss, val_loss. Log it, "
                + "set Monitor to another metric, or set Strict to false.",
            error.Message);
    }

    [TestMethod]
    public void Fit_MetricThatWasNeverLoggedAndNotStrict_LeavesTheRate()
    {
        LearningRateScheduler? scheduler = null;
        using var module = Module(
            o => [new SchedulerConfiguration(scheduler = new ReduceLROnPlateau(o)) { Monitor = "accuracy", Strict = false }]);

        new Trainer(
            new SingleDeviceStrategy(new InMemoryCheckpointIO()), new TrainerOptions { MaxEpochs = 2 }).Fit(module, new SmallData(Batches));

        Assert.AreEqual(0, scheduler!.LastEpoch);
    }

    [TestMethod]
    public void Fit_CheckpointWithAnotherNumberOfSchedulers_IsRefused()
    {
        var storage = new InMemoryCheckpointIO();
        using var module = Module(o => [new StepLR(o, 1)]);
        new Trainer(
            new SingleDeviceStrategy(storage),
            new TrainerOptions { MaxEpochs = 1 },
            [new SaveAt(storage, "end")]).Fit(module, new SmallData(Batches));
        using var other = Module(_ => []);

        var error = Assert.ThrowsExactly<InvalidOperationException>(() =>
            new Trainer(
                new SingleDeviceStrategy(storage),
                new TrainerOptions { MaxEpochs = 2 }).Fit(other, new SmallData(Batches), checkpointPath: $"{Batches}.ckpt"));

        Assert.Contains("It has the state of 1 schedulers, but ConfigureOptimizers returned 0.", error.Message);
    }

    private static SmallModule Module(Func<optim.Optimizer, SchedulerConfiguration[]> schedulers)
    {
        manual_seed(11);
        return new SmallModule
        {
            Setup = module =>
            {
                var optimizer = optim.SGD(module.parameters(), 0.05, momentum: 0.9);
                return new OptimizerSetup(optimizer, schedulers(optimizer));
            },
        };
    }

    private static Outcome Run(string setup, int? validation, InMemoryCheckpointIO storage, int? cancelAfter, string? resumeFrom)
    {
        using var interruption = new Interruption(cancelAfter);
        using var module = Module(Setups[setup]);
        manual_seed(resumeFrom is null ? 12 : 13);
        var rates = new List<string>();
        var trainer = new Trainer(
            new SingleDeviceStrategy(storage),
            new TrainerOptions
            {
                MaxEpochs = 3,
                ValidationInterval = validation is { } interval ? ValidationInterval.EveryBatches(interval) : null,
            },
            [new RatesOf(rates), interruption.Saving]);

        trainer.Fit(module, new SmallData(Batches), new SmallData(2), resumeFrom, interruption.Token);
        return new Outcome(rates, module.Losses, [.. module.parameters().SelectMany(parameter => parameter.bytes.ToArray())]);
    }

    private sealed record Outcome(List<string> Rates, List<double> Losses, byte[] Weights);

    /// <summary>Writes down what each step is made with.</summary>
    private sealed class RatesOf(List<string> rates) : Callback
    {
        public override void OnBeforeOptimizerStep(OnBeforeOptimizerStepArguments arguments)
        {
            foreach (var group in arguments.Optimizer.ParamGroups)
            {
                rates.Add($"{group.LearningRate:R} {((optim.IMomentum)group).Momentum:R}");
            }
        }
    }

    private sealed class SaveAt(InMemoryCheckpointIO storage, string when) : Callback
    {
        public override void OnValidationEnd(OnValidationEndArguments arguments) => Save(arguments.Trainer, "validation");

        // After those that log: what saves comes last.
        public override void OnTrainEpochStart(OnTrainEpochStartArguments arguments)
        {
            if (arguments.Trainer.GlobalStep > 0)
            {
                Save(arguments.Trainer, "end");
            }
        }

        public override void OnTrainEnd(OnTrainEndArguments arguments) => Save(arguments.Trainer, "end");

        private void Save(Trainer trainer, string now)
        {
            if (now == when)
            {
                using var state = trainer.CaptureState();
                storage.Submit(state, $"{trainer.GlobalStep}.ckpt", null);
            }
        }
    }
}
