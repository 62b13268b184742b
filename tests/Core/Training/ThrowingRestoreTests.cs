using System.Collections;
using Fulgurite.Schedulers;

namespace Fulgurite.Tests.Core.Training;

/// <summary>Parts of a training whose code throws while a checkpoint is restored.</summary>
[TestClass]
public sealed class ThrowingRestoreTests
{
    [TestMethod]
    [DataRow("callback", "The callback Brittle cannot restore its state: the callback throws.")]
    [DataRow("metric", "Its metrics cannot be restored: the metric throws.")]
    [DataRow("scheduler", "The settings of its optimizers and schedulers cannot be restored: the scheduler throws.")]
    [DataRow("data", "The state of its data cannot be restored: the data throws.")]
    public void Fit_LoadStateDictThrows_NamesTheFileAndLeavesTheWeights(string part, string reason)
    {
        var storage = new InMemoryCheckpointIO();
        using var saved = new BrittleModule(null);
        Fit(storage, saved, null, null);
        using var module = new BrittleModule(part);
        var untouched = WeightsOf(module);

        var error = Assert.ThrowsExactly<InvalidOperationException>(() => Fit(storage, module, part, "final.ckpt"));

        Assert.AreEqual(
            $"The checkpoint 'final.ckpt' does not fit this training. {reason} The weights are unchanged, "
                + "but parts before this one are restored.",
            error.Message);
        Assert.IsInstanceOfType<InvalidOperationException>(error.InnerException);
        Assert.AreSequenceEqual(untouched, WeightsOf(module));
        Assert.AreNotEqual(WeightsOf(saved)[0], untouched[0]);
    }

    [TestMethod]
    public void Validate_CallbackThrows_NamesTheFileAndLeavesTheWeights()
    {
        var storage = new InMemoryCheckpointIO();
        using var saved = new BrittleModule(null);
        Fit(storage, saved, null, null);
        using var module = new BrittleModule(null);
        var untouched = WeightsOf(module);
        using var trainer = Make(storage, "callback");

        var error = Assert.ThrowsExactly<InvalidOperationException>(() => trainer.Validate(module, new BrittleData(null), "final.ckpt"));

        Assert.StartsWith("The checkpoint 'final.ckpt' does not fit this training. The callback Brittle", error.Message);
        Assert.AreSequenceEqual(untouched, WeightsOf(module));
    }

    [TestMethod]
    public void Fit_DataThrowsItsOwnException_KeepsItsTypeAndPlace()
    {
        var storage = new InMemoryCheckpointIO();
        using var saved = new BrittleModule(null);
        Fit(storage, saved, null, null);
        using var module = new BrittleModule(null);
        var thrown = new DataSourceException("The shard 3 is missing.") { Epoch = 2, Batch = 7, Item = 11 };
        using var trainer = Make(storage, null);

        var error = Assert.ThrowsExactly<DataSourceException>(
            () => trainer.Fit(module, new BrittleData(null) { Thrown = thrown }, checkpointPath: "final.ckpt"));

        Assert.AreSame(thrown, error);
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void LoadStateDict_UsesADisposedTensor_NamesTheFileAndExplainsIt(bool isEvaluation)
    {
        var storage = new InMemoryCheckpointIO();
        using var saved = new BrittleModule(null);
        Fit(storage, saved, null, null);
        using var module = new BrittleModule(null);
        using var trainer = Make(storage, "disposed");

        var error = Assert.ThrowsExactly<InvalidOperationException>(() => _ = isEvaluation
            ? trainer.Validate(module, new BrittleData(null), "final.ckpt") as object
            : trainer.Fit(module, new BrittleData(null), checkpointPath: "final.ckpt"));

        Assert.StartsWith("The checkpoint 'final.ckpt' does not fit this training. The callback Brittle", error.Message);
        Assert.Contains("A tensor was used after it was disposed (BrittleModule).", error.Message);
        Assert.Contains("tensor.DetachFromDisposeScope()", error.Message);
    }

    private static void Fit(InMemoryCheckpointIO storage, BrittleModule module, string? throwing, string? checkpointPath)
    {
        using var trainer = Make(storage, throwing);
        trainer.Fit(module, new BrittleData(throwing), checkpointPath: checkpointPath);
        trainer.SaveCheckpoint("final.ckpt");
    }

    private static Trainer Make(InMemoryCheckpointIO storage, string? throwing) =>
        new(new SingleDeviceStrategy(storage), new TrainerOptions { MaxSteps = 1 }, [new BrittleCallback(throwing)]);

    private static float[] WeightsOf(BrittleModule module) => module.state_dict()["_linear.weight"].data<float>().ToArray();

    private static void ThrowIf(string? throwing, string part) =>
        _ = throwing == part ? throw new InvalidOperationException($"the {part} throws") : 0;

    private sealed class BrittleModule : TrainingModule<Tensor>
    {
        private readonly TorchSharp.Modules.Linear _linear = nn.Linear(4, 1);
        private readonly string? _throwing;

        public BrittleModule(string? throwing)
            : base(nameof(BrittleModule))
        {
            _throwing = throwing;
            RegisterMetric("brittle", new BrittleMetric(throwing));
            RegisterComponents();
        }

        public override OptimizerSetup ConfigureOptimizers()
        {
            var optimizer = optim.SGD(parameters(), 0.1);
            return new OptimizerSetup(optimizer, new BrittleScheduler(optimizer, _throwing));
        }

        public override Tensor? TrainingStep(Tensor batch, int batchIndex) => _linear.call(batch).sum();

        public override void ValidationStep(Tensor batch, int batchIndex)
        {
        }
    }

    private sealed class BrittleCallback(string? throwing) : Callback
    {
        public override string StateKey => "Brittle";

        public override StateMap StateDict() => new() { ["here"] = 1 };

        public override void LoadStateDict(StateMap state)
        {
            ThrowIf(throwing, "callback");
            if (throwing == "disposed")
            {
                var tensor = ones(1);
                tensor.Dispose();
                tensor.zero_();
            }
        }
    }

    private sealed class BrittleMetric(string? throwing) : IMetric
    {
        public double Compute() => 0;

        public void Reset()
        {
        }

        public StateMap StateDict() => new() { ["here"] = 1 };

        public void LoadStateDict(StateMap state) => ThrowIf(throwing, "metric");
    }

    private sealed class BrittleScheduler : LearningRateScheduler
    {
        private readonly string? _throwing;

        public BrittleScheduler(optim.Optimizer optimizer, string? throwing)
            : base(optimizer)
        {
            _throwing = throwing;
            Begin();
        }

        protected override double NextRate(int group, double rate) => rate;

        protected override void ReadSettings(StateMap state) => ThrowIf(_throwing, "scheduler");
    }

    private sealed class BrittleData(string? throwing) : IEnumerable<Tensor>, IStatefulSource
    {
        public DataSourceException? Thrown { get; init; }

        public StateMap StateDict() => new() { ["here"] = 1 };

        public void LoadStateDict(StateMap state)
        {
            ThrowIf(throwing, "data");
            _ = Thrown is null ? 0 : throw Thrown;
        }

        public IEnumerator<Tensor> GetEnumerator()
        {
            yield return ones(2, 4);
            yield return ones(2, 4);
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
