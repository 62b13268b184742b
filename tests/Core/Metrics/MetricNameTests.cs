namespace Fulgurite.Tests.Core.Metrics;

/// <summary>What loggers get: no two values of one step under one name, and what any hook of an end logs.</summary>
[TestClass]
public sealed class MetricNameTests : IDisposable
{
    private readonly CollectingLogger _log = new(LogLevel.Warning);
    private readonly Sent _sent = new();

    public void Dispose() => _log.Dispose();

    [TestMethod]
    public void Log_OneNameInTrainingAndValidation_ReachesLoggersAsTwo()
    {
        using var module = new NamedModule { Step = module => module.Write("loss", 1), Validation = module => module.Write("loss", 9) };

        var result = Fit(module);

        _sent.HasNoTwoValuesOfOneStep();
        Assert.AreSequenceEqual(new double[] { 1, 1, 1, 1 }, _sent.Of("loss"));
        Assert.AreSequenceEqual(new double[] { 1, 1 }, _sent.Of("loss_epoch"));
        Assert.AreSequenceEqual(new double[] { 9, 9 }, _sent.Of("loss_validation"));
        Assert.AreEqual(1, result.Metrics["loss"], "callbacks know what was reduced last");
        Assert.HasCount(1, _log.Messages);
        Assert.Contains("'loss' of validations", _log.Messages[0]);
        Assert.Contains("'loss_validation'", _log.Messages[0]);
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void Log_NameOfTheMeanOfAnother_ReachesLoggersAsTwo(bool inTheHookOfTheEpochsEnd)
    {
        using var module = new NamedModule
        {
            Step = module =>
            {
                module.Write("loss", 5);
                if (!inTheHookOfTheEpochsEnd)
                {
                    module.Write("loss_epoch", 77, onStep: false, onEpoch: true);
                }
            },
            EpochEnd = module =>
            {
                if (inTheHookOfTheEpochsEnd)
                {
                    module.Write("loss_epoch", 77);
                }
            },
        };

        Fit(module);

        _sent.HasNoTwoValuesOfOneStep();
        Assert.AreSequenceEqual(new double[] { 5, 5 }, _sent.Of("loss_epoch"));
        Assert.AreSequenceEqual(new double[] { 77, 77 },
            _sent.Of(inTheHookOfTheEpochsEnd ? "loss_epoch_epoch_end" : "loss_epoch_training"));
        Assert.HasCount(1, _log.Messages);
    }

    [TestMethod]
    public void Log_BothOnStepAndOnEpochBesideTheirNames_DoesNotMixThem()
    {
        using var module = new NamedModule
        {
            Step = module =>
            {
                module.Write("loss", 5, onStep: true, onEpoch: true);
                module.Write("loss_epoch", 77, onStep: false, onEpoch: true);
                module.Write("loss_step", 78, onStep: true, onEpoch: false);
            },
        };

        Fit(module);

        _sent.HasNoTwoValuesOfOneStep();
        Assert.AreSequenceEqual(new double[] { 5, 5 }, _sent.Of("loss_epoch"));
        Assert.AreSequenceEqual(new double[] { 77, 77 }, _sent.Of("loss_epoch_training"));
        Assert.AreSequenceEqual(new double[] { 5, 5, 5, 5 }, _sent.Of("loss_step"));
        Assert.AreSequenceEqual(new double[] { 78, 78, 78, 78 }, _sent.Of("loss_step_training"));
    }

    [TestMethod]
    public void Log_DistinctNames_KeepsThemWithoutAWord()
    {
        using var module = new NamedModule
        {
            Step = module => module.Write("loss", 1),
            Validation = module => module.Write("val_loss", 2),
            EpochEnd = module => module.Write("at_epoch_end", 3),
        };

        Fit(module);

        Assert.AreSequenceEqual(new[] { "at_epoch_end", "loss", "loss_epoch", "val_loss" }, _sent.Names);
        Assert.IsEmpty(_log.Messages);
    }

    [TestMethod]
    public void Log_ResumedBeforeAValidation_GivesTheNamesOfARunNeverStopped()
    {
        NamedModule Module() => new() { Step = module => module.Write("loss", 1), Validation = module => module.Write("loss", 9) };
        var storage = new InMemoryCheckpointIO();
        using (var first = Module())
        {
            Assert.ThrowsExactly<InvalidDataException>(() => Fit(first, storage, new AtStep(2, trainer =>
            {
                trainer.SaveCheckpoint("two");
                throw new InvalidDataException("not now");
            })));
        }

        _sent.All.Clear();
        using var second = Module();

        Fit(second, storage, resume: "two");

        Assert.AreSequenceEqual(new double[] { 9, 9 }, _sent.Of("loss_validation"));
        Assert.AreSequenceEqual(new double[] { 1, 1 }, _sent.Of("loss"));
    }

    [TestMethod]
    public void Log_HooksOfEnds_ReachLoggersWithTheStepOfTheirs()
    {
        using var module = new NamedModule { Validation = module => module.Write("val_loss", 2) };

        var result = Fit(module, null, new Ends(module));

        Assert.AreSequenceEqual(new[] { ("val_end", 2L), ("val_end", 4L) }, _sent.Steps("val_end"));
        Assert.AreSequenceEqual(new[] { ("train_end", 4L) }, _sent.Steps("train_end"));
        Assert.AreSequenceEqual(new[] { ("fit_end", 4L) }, _sent.Steps("fit_end"));
        Assert.IsFalse(_sent.Names.Any(name => name.EndsWith("_epoch", StringComparison.Ordinal)));
        Assert.AreEqual(6, result.Metrics["fit_end"]);
        Assert.IsTrue(Ends.IsFresh, "what follows in the same hook sees it");
        Assert.IsEmpty(_log.Messages);
    }

    [TestMethod]
    public void Validate_HookOfItsEndLogs_GivesItToo()
    {
        using var module = new NamedModule { Validation = module => module.Write("val_loss", 2) };
        using var trainer = Make(null, new Ends(module));

        var metrics = trainer.Validate(module, new[] { 1 });

        Assert.AreSequenceEqual(new[] { "val_end", "val_loss" }, metrics.Keys.Order(StringComparer.Ordinal));
    }

    private FitResult Fit(NamedModule module, InMemoryCheckpointIO? storage = null, Callback? callback = null, string? resume = null)
    {
        using var trainer = Make(storage, callback);
        return trainer.Fit(module, new[] { 1, 2 }, new[] { 1 }, resume);
    }

    private Trainer Make(InMemoryCheckpointIO? storage, Callback? callback) => new(
        new SingleDeviceStrategy(storage ?? new InMemoryCheckpointIO()),
        new TrainerOptions { MaxEpochs = 2, LogEveryNSteps = 1 },
        callback is null ? [] : [callback],
        [_sent],
        _log);

    private sealed class Sent : IMetricLogger
    {
        public List<(string Name, double Value, long Step)> All { get; } = [];

        public IEnumerable<string> Names => All.Select(value => value.Name).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);

        public void LogMetrics(IReadOnlyDictionary<string, double> metrics, long globalStep, int epoch) =>
            All.AddRange(metrics.Select(metric => (metric.Key, metric.Value, globalStep)));

        public IEnumerable<double> Of(string name) => All.Where(value => value.Name == name).Select(value => value.Value);

        public IEnumerable<(string Name, long Step)> Steps(string name) => All.Where(value => value.Name == name)
            .Select(value => (name, value.Step));

        public void HasNoTwoValuesOfOneStep() => Assert.HasCount(All.Count, All.DistinctBy(value => (value.Name, value.Step)));
    }

    private sealed class AtStep(long step, Action<Trainer> action) : Callback
    {
        public override void OnTrainBatchEnd(OnTrainBatchEndArguments arguments)
        {
            if (arguments.Trainer.GlobalStep == step)
            {
                action(arguments.Trainer);
            }
        }
    }

    private sealed class Ends(NamedModule module) : Callback
    {
        public static bool IsFresh { get; private set; }

        public override void OnValidationEnd(OnValidationEndArguments arguments) => module.Write("val_end", 4);

        public override void OnTrainEnd(OnTrainEndArguments arguments)
        {
            module.Write("train_end", 5);
            IsFresh = arguments.Trainer.Metrics.TryGetFresh("train_end", out _);
        }

        public override void OnFitEnd(OnFitEndArguments arguments) => module.Write("fit_end", 6);
    }

    private sealed class NamedModule : TrainingModule<int>
    {
        private readonly Linear _layer = nn.Linear(1, 1);

        public NamedModule()
            : base(nameof(NamedModule)) => RegisterComponents();

        public Action<NamedModule> Step { get; init; } = _ => { };

        public Action<NamedModule> Validation { get; init; } = _ => { };

        public Action<NamedModule> EpochEnd { get; init; } = _ => { };

        public override OptimizerSetup ConfigureOptimizers() => optim.SGD(parameters(), 0.1);

        public override Tensor? TrainingStep(int batch, int batchIndex)
        {
            Step(this);
            return _layer.call(ones(1, 1)).pow(2).mean();
        }

        public override void ValidationStep(int batch, int batchIndex) => Validation(this);

        public override void OnTrainEpochEnd(OnTrainEpochEndArguments arguments) => EpochEnd(this);

        public void Write(string name, double value, bool? onStep = null, bool? onEpoch = null) => Log(name, value, onStep, onEpoch);
    }
}
