namespace Fulgurite.Tests.Core.Metrics;

[TestClass]
public sealed class MetricTests
{
    [TestMethod]
    [DataRow(MetricReduction.Mean, ((1 * 1) + (5 * 2) + (2 * 3)) / 6.0)]
    [DataRow(MetricReduction.Sum, (1.0 * 1) + (5 * 2) + (2 * 3))]
    [DataRow(MetricReduction.Min, 1.0)]
    [DataRow(MetricReduction.Max, 5.0)]
    [DataRow(MetricReduction.Last, 2.0)]
    public void Log_Reduction_ReducesAnEpochAndAValidation(MetricReduction reduce, double expected)
    {
        double[] values = [1, 5, 2];
        using var module = new LoggingModule(
            (module, index) => module.Write("value", values[index], onEpoch: true, onStep: false, reduce: reduce, weight: index + 1));
        var trainer = Make();

        Assert.AreEqual(expected, trainer.Fit(module, Batches(3)).Metrics["value"]);
        Assert.AreEqual(expected, trainer.Validate(module, Batches(3))["value"]);
    }

    [TestMethod]
    public void Log_OneNameWithTwoReductions_IsRefusedWithBoth()
    {
        using var module = new LoggingModule((module, index) =>
            module.Write("value", index, reduce: index == 0 ? MetricReduction.Sum : MetricReduction.Max));

        var error = Assert.ThrowsExactly<InvalidOperationException>(() => Make().Fit(module, Batches(2)));

        Assert.StartsWith("The metric 'value' is logged with the reductions Sum and Max.", error.Message);
    }

    [TestMethod]
    public void Log_NoRun_SaysWhereToLog()
    {
        using var module = new LoggingModule(static (_, _) => { });

        var error = Assert.ThrowsExactly<InvalidOperationException>(() => module.Write("value", 1));

        Assert.Contains("log its metrics in steps and hooks only", error.Message);
    }

    [TestMethod]
    [DataRow(null, null, new[] { "value" }, new[] { "value_epoch" }, 2.0, DisplayName = "the newest; the mean, under a name of its own")]
    [DataRow(true, false, new[] { "value" }, new string[0], 3.0, DisplayName = "the newest only")]
    [DataRow(false, true, new string[0], new[] { "value" }, 2.0, DisplayName = "the mean only")]
    [DataRow(true, true, new[] { "value_step" }, new[] { "value_epoch" }, 2.0, DisplayName = "both, under names of their own")]
    [DataRow(
        null, true, new[] { "value_step" }, new[] { "value_epoch" }, 2.0, DisplayName = "both, since a training step shows what is newest")]
    public void Log_OnStepAndOnEpoch_ReachLoggersUnderTheseNames(bool? onStep, bool? onEpoch, string[] step, string[] epoch, double last)
    {
        var logger = new CollectingMetricLogger();
        using var module = new LoggingModule((module, index) => module.Write("value", index + 1, onStep, onEpoch));

        var result = Make(logger).Fit(module, Batches(3));

        string[] none = [];
        Assert.AreSequenceEqual(step.Length == 0 ? none : [.. step, .. step, .. step, .. epoch], step.Length == 0 ? none : logger.Names);
        Assert.AreSequenceEqual(epoch, logger.Names.TakeLast(epoch.Length));
        Assert.AreEqual(last, result.Metrics["value"]);
    }

    [TestMethod]
    public void Log_StepMetrics_DoNotRepeatValidationsOrOldValues()
    {
        var logger = new CollectingMetricLogger();
        using var module = new LoggingModule((module, index) =>
        {
            if (index == 0)
            {
                module.Write("rare", 1, onStep: true, onEpoch: false);
            }

            module.Write("value", index, onStep: true, onEpoch: false);
        });

        Make(logger).Fit(module, Batches(2), Batches(1));

        Assert.AreSequenceEqual(new[] { "rare", "value", "value" }, logger.Names.Take(3));
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(3)]
    [DataRow(6)]
    public void Fit_MetricObjectStoppedAndResumed_GivesTheValueOfARunNeverStopped(int stopAfter)
    {
        var whole = Count(new InMemoryCheckpointIO(), null, null);
        var storage = new InMemoryCheckpointIO();
        Count(storage, stopAfter, null);

        var resumed = Count(storage, null, "stopped.ckpt");

        Assert.AreEqual(whole, resumed);
        Assert.AreEqual(4.0, whole, "reset at the end of each epoch");
    }

    [TestMethod]
    public void Log_ObjectThatIsNotRegistered_SaysWhatToDo()
    {
        using var module = new LoggingModule((module, _) => module.Write("count", new Counter()));

        var error = Assert.ThrowsExactly<ArgumentException>(() => Make().Fit(module, Batches(1)));

        Assert.Contains("Call RegisterMetric in the constructor.", error.Message);
    }

    [TestMethod]
    [DataRow(true, 6, DisplayName = "stopped, then more steps")]
    [DataRow(true, 8, DisplayName = "stopped in the last one")]
    [DataRow(false, 6, DisplayName = "saved by a callback, then more steps")]
    [DataRow(false, 8, DisplayName = "saved by a callback in the last one")]
    public void Fit_ResumedFromWithinAValidation_CountsEachBatchOnce(bool stops, int step)
    {
        var whole = Evaluate(new InMemoryCheckpointIO(), null, null);
        var storage = new InMemoryCheckpointIO();
        using var stop = new CancellationTokenSource();
        var within = new LambdaCallback().On<OnValidationBatchEndArguments>(arguments =>
        {
            if (arguments.BatchIndex != 1 || arguments.Trainer.GlobalStep != step)
            {
                return;
            }

            if (stops)
            {
                stop.Cancel();
            }
            else
            {
                arguments.Trainer.SaveCheckpoint("stopped.ckpt");
            }
        });
        Evaluate(storage, within, null, stop.Token);

        var resumed = Evaluate(storage, null, "stopped.ckpt");

        Assert.AreEqual(3.0, whole["validated"]);
        Assert.AreEqual(4.0, whole["trained"]);
        foreach (var name in new[] { "validated", "seen", "trained", "drawn" })
        {
            Assert.AreEqual(whole[name], resumed[name], name);
        }
    }

    [TestMethod]
    public void Validate_CancelledAndRepeated_CountsEachBatchOnce()
    {
        using var module = new EvaluatedModule();
        using var stop = new CancellationTokenSource();
        var trainer = new Trainer(
            new SingleDeviceStrategy(new InMemoryCheckpointIO()), new TrainerOptions(),
            [new LambdaCallback().On<OnValidationBatchEndArguments>(_ => stop.Cancel())]);
        Assert.ThrowsExactly<OperationCanceledException>(() => trainer.Validate(module, Batches(3), cancellationToken: stop.Token));

        Assert.AreEqual(3.0, trainer.Validate(module, Batches(3))["validated"]);
    }

    private static IReadOnlyDictionary<string, double> Evaluate(
        InMemoryCheckpointIO storage, Callback? within, string? resumeFrom, CancellationToken cancellation = default)
    {
        manual_seed(1);
        using var interruption = new Interruption(null);
        using var module = new EvaluatedModule();
        Callback[] callbacks = within is null ? [interruption.Saving] : [within, interruption.Saving];
        return new Trainer(
            new SingleDeviceStrategy(storage),
            new TrainerOptions { MaxEpochs = 2, ValidationInterval = 2, SanityValidationSteps = 0 },
            callbacks).Fit(module, Batches(4), Batches(3), resumeFrom, cancellation).Metrics;
    }

    private static double Count(InMemoryCheckpointIO storage, int? stopAfter, string? resumeFrom)
    {
        using var interruption = new Interruption(stopAfter);
        using var module = new CountingModule();
        var result = new Trainer(new SingleDeviceStrategy(storage), new TrainerOptions { MaxEpochs = 2 }, [interruption.Saving])
            .Fit(module, Batches(4), checkpointPath: resumeFrom, cancellationToken: interruption.Token);
        return result.Metrics.GetValueOrDefault("count", double.NaN);
    }

    private static List<int> Batches(int count) => [.. Enumerable.Range(0, count)];

    private static Trainer Make(IMetricLogger? logger = null) => new(
        new SingleDeviceStrategy(new InMemoryCheckpointIO()),
        new TrainerOptions { MaxEpochs = 1, LogEveryNSteps = 1 },
        loggers: logger is null ? [] : [logger]);

    private sealed class LoggingModule : TrainingModule<int>
    {
        private readonly Linear _layer = nn.Linear(1, 1);
        private readonly Action<LoggingModule, int> _log;

        public LoggingModule(Action<LoggingModule, int> log)
            : base(nameof(LoggingModule))
        {
            _log = log;
            RegisterComponents();
        }

        public void Write(
            string name,
            double value,
            bool? onStep = null,
            bool? onEpoch = null,
            MetricReduction reduce = MetricReduction.Mean,
            double weight = 1) =>
            Log(name, value, onStep, onEpoch, reduce: reduce, weight: weight);

        public void Write(string name, IMetric metric) => Log(name, metric);

        public override OptimizerSetup ConfigureOptimizers() => optim.SGD(parameters(), 0.1);

        public override Tensor? TrainingStep(int batch, int batchIndex)
        {
            _log(this, batchIndex);
            return _layer.call(ones(1, 1)).sum();
        }

        public override void ValidationStep(int batch, int batchIndex) => _log(this, batchIndex);
    }

    private sealed class CountingModule : TrainingModule<int>
    {
        private readonly Linear _layer = nn.Linear(1, 1);
        private readonly Counter _counter;

        public CountingModule()
            : base(nameof(CountingModule))
        {
            _counter = RegisterMetric("counter", new Counter());
            RegisterComponents();
        }

        public override OptimizerSetup ConfigureOptimizers() => optim.SGD(parameters(), 0.1);

        public override Tensor? TrainingStep(int batch, int batchIndex)
        {
            _counter.Update();
            if (batchIndex == 0)
            {
                Log("count", _counter);
            }

            return _layer.call(ones(1, 1)).sum();
        }
    }

    /// <summary>Logs its metric objects only at the end of the validation and of the epoch, and draws random numbers.</summary>
    private sealed class EvaluatedModule : TrainingModule<int>
    {
        private readonly Linear _layer = nn.Linear(1, 1);
        private readonly Counter _validated;
        private readonly Counter _seen;
        private readonly Counter _trained;

        public EvaluatedModule()
            : base(nameof(EvaluatedModule))
        {
            _validated = RegisterMetric("validated", new Counter());
            _seen = RegisterMetric("seen", new Counter());
            _trained = RegisterMetric("trained", new Counter());
            RegisterComponents();
        }

        public override OptimizerSetup ConfigureOptimizers() => optim.SGD(parameters(), 0.1);

        public override Tensor? TrainingStep(int batch, int batchIndex)
        {
            _trained.Update();
            Log("drawn", rand(1).item<float>(), onStep: true, onEpoch: false);
            return _layer.call(ones(1, 1)).sum();
        }

        public override void ValidationStep(int batch, int batchIndex)
        {
            using var drawn = rand(1);
            _validated.Update();
            _seen.Update();
            Log("seen", _seen);
        }

        public override void OnValidationEpochEnd(OnValidationEpochEndArguments arguments) => Log("validated", _validated);

        public override void OnTrainEpochEnd(OnTrainEpochEndArguments arguments) => Log("trained", _trained);
    }

    private sealed class Counter : IMetric
    {
        private long _count;

        public void Update() => _count++;

        public double Compute() => _count;

        public void Reset() => _count = 0;

        public StateMap StateDict() => new() { ["count"] = _count };

        public void LoadStateDict(StateMap state) => _count = state["count"].AsInteger();
    }
}
