using Microsoft.Extensions.Time.Testing;

namespace Fulgurite.Tests.Core.Training;

/// <summary>What hooks do counts: what they log, which mode they set, and that each is called whatever another throws.</summary>
[TestClass]
public sealed class HookEffectTests
{
    [TestMethod]
    public void Fit_LoggedWhenABatchEnds_ReachesLoggersWithItsStep()
    {
        using var module = new TwoParts { Ended = (log, arguments) => log("late", arguments.BatchIndex) };
        var logger = new CollectingMetricLogger();

        Trainer(new TrainerOptions { MaxEpochs = 1, LogEveryNSteps = 2 }, [], logger).Fit(module, new SmallData(6));

        Assert.AreSequenceEqual([(1.0, 2L), (3.0, 4L), (5.0, 6L)], logger.Of("late"));
    }

    [TestMethod]
    public void Fit_LoggedByACallback_ReachesLoggersWithItsStep()
    {
        using var module = new TwoParts();
        var logger = new CollectingMetricLogger();

        Trainer(new TrainerOptions { MaxEpochs = 1, LogEveryNSteps = 2 }, [new IndexLogger()], logger).Fit(module, new SmallData(4));

        Assert.AreSequenceEqual([(1.0, 2L), (3.0, 4L)], logger.Of("index"));
    }

    [TestMethod]
    public void Fit_LoggedWhenABatchStarts_BelongsToTheStepOfTheBatch()
    {
        using var module = new TwoParts { Started = (log, arguments) => log("early", arguments.BatchIndex) };
        var logger = new CollectingMetricLogger();

        Trainer(new TrainerOptions { MaxEpochs = 1, LogEveryNSteps = 2 }, [], logger).Fit(module, new SmallData(6));

        Assert.AreSequenceEqual([(1.0, 2L), (3.0, 4L), (5.0, 6L)], logger.Of("early"));
    }

    [TestMethod]
    public void Fit_LoggedWhenAnEpochEnds_BelongsToThatEpochAlone()
    {
        using var module = new TwoParts { EpochEnded = (log, arguments) => log("epoch", arguments.Trainer.CurrentEpoch) };
        var logger = new CollectingMetricLogger();

        var result = Trainer(new TrainerOptions { MaxEpochs = 3, LogEveryNSteps = 1000 }, [], logger).Fit(module, new SmallData(2));

        Assert.AreSequenceEqual([1.0, 2.0, 3.0], logger.Of("epoch").Select(entry => entry.Value));
        Assert.AreEqual(3.0, result.Metrics["epoch"]);
    }

    [TestMethod]
    public void Fit_PartInEvaluationMode_StaysSo()
    {
        using var module = new TwoParts();
        module.Frozen.eval();
        var watcher = new ModeWatcher(module);

        Trainer(new TrainerOptions { MaxEpochs = 2 }, [watcher]).Fit(module, new SmallData(2), new SmallData(1));

        Assert.AreSequenceEqual(Enumerable.Repeat((true, false), 4), watcher.Modes);
    }

    [TestMethod]
    public void Fit_ModuleInEvaluationMode_IsTrainedInTrainingMode()
    {
        using var module = new TwoParts();
        module.eval();
        var watcher = new ModeWatcher(module);

        Trainer(new TrainerOptions { MaxEpochs = 1 }, [watcher]).Fit(module, new SmallData(1));

        Assert.AreSequenceEqual([(true, true)], watcher.Modes);
    }

    [TestMethod]
    public void Fit_OneCallbackFailsInOnException_TheOthersHearOfItAndTheCauseIsThrown()
    {
        using var module = new TwoParts { Ended = (_, _) => throw new FormatException("the cause") };
        var second = new EndWatcher();

        var exception = Assert.ThrowsExactly<FormatException>(
            () => Trainer(new TrainerOptions(), [new EndWatcher { Fails = true }, second]).Fit(module, new SmallData(1)));

        Assert.AreEqual("the cause", exception.Message);
        Assert.AreSequenceEqual(["OnException", "TearDown"], second.Calls);
    }

    [TestMethod]
    public void Fit_OneCallbackFailsInTearDown_TheOthersAreCalledAndItIsThrown()
    {
        using var module = new TwoParts();
        var second = new EndWatcher();

        var exception = Assert.ThrowsExactly<InvalidOperationException>(
            () => Trainer(new TrainerOptions { MaxEpochs = 1 }, [new EndWatcher { Fails = true }, second]).Fit(module, new SmallData(1)));

        Assert.AreEqual("TearDown", exception.Message);
        Assert.AreSequenceEqual(["TearDown"], second.Calls);
    }

    [TestMethod]
    public void Elapsed_OutsideOfAFit_StandsStill()
    {
        using var module = new TwoParts();
        var time = new FakeTimeProvider();
        var trainer = new Trainer(
            new SingleDeviceStrategy(new InMemoryCheckpointIO()),
            new TrainerOptions { MaxEpochs = 1 },
            [new StepOfTime(time)],
            timeProvider: time);
        time.Advance(TimeSpan.FromSeconds(5));
        Assert.AreEqual(TimeSpan.Zero, trainer.Elapsed);

        trainer.Fit(module, new SmallData(3));
        time.Advance(TimeSpan.FromSeconds(5));

        Assert.AreEqual(TimeSpan.FromSeconds(3), trainer.Elapsed);
    }

    [TestMethod]
    [DataRow("vector", "has the shape [2, 1]")]
    [DataRow("detached", "it does not depend on a trained parameter")]
    [DataRow("integer", "its type is Int64. Compute it in a floating-point type.")]
    public void Fit_LossWithoutAGradient_SaysWhatIsWrongWithIt(string kind, string fault)
    {
        using var module = new TwoParts
        {
            Loss = loss => kind switch
            {
                "vector" => stack([loss, loss]).unsqueeze(1),
                "detached" => loss.detach(),
                _ => loss.to(int64),
            },
        };

        var exception = Assert.ThrowsExactly<InvalidOperationException>(
            () => Trainer(new TrainerOptions(), []).Fit(module, new SmallData(1)));

        Assert.Contains(fault, exception.Message);
    }

    [TestMethod]
    public void Loss_ReadInTheHook_IsThatOfTheBatch()
    {
        var losses = new List<double?>();
        using var module = new TwoParts
        {
            Loss = loss =>
            {
                losses.Add(loss.item<float>());
                return loss;
            },
        };
        var reader = new LossReader();

        Trainer(new TrainerOptions { MaxEpochs = 1 }, [reader]).Fit(module, new SmallData(3));

        Assert.HasCount(3, losses);
        Assert.AreSequenceEqual(losses, reader.Losses);
    }

    private static Trainer Trainer(TrainerOptions options, Callback[] callbacks, params IMetricLogger[] loggers) =>
        new(new SingleDeviceStrategy(new InMemoryCheckpointIO()), options, callbacks, loggers);

    private sealed class TwoParts : TrainingModule<(Tensor Inputs, Tensor Targets)>
    {
        private readonly Linear _last = nn.Linear(4, 1);

        public TwoParts()
            : base(nameof(TwoParts)) => RegisterComponents();

        public BatchNorm1d Frozen { get; } = nn.BatchNorm1d(4);

        public Action<Action<string, double>, OnTrainBatchStartArguments>? Started { get; init; }

        public Action<Action<string, double>, OnTrainBatchEndArguments>? Ended { get; init; }

        public Action<Action<string, double>, OnTrainEpochEndArguments>? EpochEnded { get; init; }

        public Func<Tensor, Tensor>? Loss { get; init; }

        public override OptimizerSetup ConfigureOptimizers() => optim.SGD(_last.parameters(), 0.01);

        public override Tensor? TrainingStep((Tensor Inputs, Tensor Targets) batch, int batchIndex)
        {
            var loss = nn.functional.mse_loss(_last.call(Frozen.call(batch.Inputs)), batch.Targets);
            return Loss?.Invoke(loss) ?? loss;
        }

        public override void OnTrainBatchStart(OnTrainBatchStartArguments arguments) => Started?.Invoke(Record, arguments);

        public override void OnTrainBatchEnd(OnTrainBatchEndArguments arguments) => Ended?.Invoke(Record, arguments);

        public override void OnTrainEpochEnd(OnTrainEpochEndArguments arguments) => EpochEnded?.Invoke(Record, arguments);

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                _last.Dispose();
                Frozen.Dispose();
            }

            base.Dispose(disposing);
        }

        private void Record(string name, double value) => Log(name, value);
    }

    private sealed class ModeWatcher(TwoParts module) : Callback
    {
        public List<(bool Module, bool Part)> Modes { get; } = [];

        public override void OnTrainBatchStart(OnTrainBatchStartArguments arguments) =>
            Modes.Add((module.training, module.Frozen.training));
    }

    private sealed class IndexLogger : Callback
    {
        public override void OnTrainBatchEnd(OnTrainBatchEndArguments arguments) => arguments.Module.Log("index", arguments.BatchIndex);
    }

    private sealed class EndWatcher : Callback
    {
        public bool Fails { get; init; }

        public List<string> Calls { get; } = [];

        public override void OnException(OnExceptionArguments arguments) => Call(nameof(OnException));

        public override void TearDown(TearDownArguments arguments) => Call(nameof(TearDown));

        private void Call(string name)
        {
            Calls.Add(name);
            if (Fails)
            {
                throw new InvalidOperationException(name);
            }
        }
    }

    private sealed class LossReader : Callback
    {
        public List<double?> Losses { get; } = [];

        public override void OnTrainBatchEnd(OnTrainBatchEndArguments arguments) => Losses.Add(arguments.Loss);
    }

    private sealed class StepOfTime(FakeTimeProvider time) : Callback
    {
        public override void OnTrainBatchEnd(OnTrainBatchEndArguments arguments) => time.Advance(TimeSpan.FromSeconds(1));
    }
}
