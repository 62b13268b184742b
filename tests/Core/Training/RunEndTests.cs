using System.Collections;

namespace Fulgurite.Tests.Core.Training;

/// <summary>What goes wrong where a run begins and ends: it is seen, and the trainer and the module can be used again.</summary>
[TestClass]
public sealed class RunEndTests
{
    [TestMethod]
    public void Fit_DataFailsWhenItIsDisposedAfterAStepFailed_TheExceptionOfTheStepIsSeen()
    {
        using var module = new SmallModule();
        var hooks = new RecordingCallback([])
        {
            OnHook = hook => { if (hook == "OnTrainBatchStart") { throw new InvalidDataException("the step"); } },
        };

        var error = Assert.ThrowsExactly<InvalidDataException>(
            () => Make(new InMemoryCheckpointIO(), callbacks: hooks).Fit(module, new BrittleData()));

        Assert.AreEqual("the step", error.Message);
    }

    [TestMethod]
    public void Validate_DataFailsWhenItIsDisposedAfterAStepFailed_TheExceptionOfTheStepIsSeen()
    {
        using var module = new SmallModule();
        var hooks = new RecordingCallback([])
        {
            OnHook = hook => { if (hook == "OnValidationBatchStart") { throw new InvalidDataException("the step"); } },
        };

        var error = Assert.ThrowsExactly<InvalidDataException>(
            () => Make(new InMemoryCheckpointIO(), callbacks: hooks).Validate(module, new BrittleData()));

        Assert.AreEqual("the step", error.Message);
    }

    [TestMethod]
    public void Fit_DataFailsWhenItIsDisposedAfterAnEpoch_IsSeen()
    {
        using var module = new SmallModule();

        var error = Assert.ThrowsExactly<IOException>(() => Make(new InMemoryCheckpointIO()).Fit(module, new BrittleData()));

        Assert.AreEqual("the data", error.Message);
    }

    [TestMethod]
    public void Fit_CancelledAndDataFailsWhenItIsDisposed_IsCancelled()
    {
        using var module = new SmallModule();
        using var cancel = new CancellationTokenSource();
        var hooks = new RecordingCallback([]) { OnHook = hook => { if (hook == "OnTrainBatchEnd") { cancel.Cancel(); } } };

        var result = Make(new InMemoryCheckpointIO(), callbacks: hooks).Fit(module, new BrittleData(), cancellationToken: cancel.Token);

        Assert.AreEqual(FitStatus.Cancelled, result.Status);
    }

    [TestMethod]
    [DataRow("OnFitEnd")]
    [DataRow("TearDown(Fit)")]
    public void Fit_SaveInTheLastHooksFails_IsSeen(string hook)
    {
        using var module = new SmallModule();
        var storage = new FlakyCheckpointIO(new InMemoryCheckpointIO(), (_, _) => new IOException("no space left"));
        using var strategy = new SingleDeviceStrategy(storage);
        Trainer trainer = null!;
        var saver = new RecordingCallback([]) { OnHook = seen => { if (seen == hook) { trainer.SaveCheckpoint("end.ckpt"); } } };
        trainer = new Trainer(strategy, new TrainerOptions { MaxEpochs = 1 }, [saver]);

        var error = Assert.ThrowsExactly<CheckpointException>(() => trainer.Fit(module, new SmallData(2)));

        Assert.AreEqual("end.ckpt", error.Path);
    }

    [TestMethod]
    [DataRow("OnFitEnd")]
    [DataRow("TearDown(Fit)")]
    public void Fit_SaveInTheLastHooks_IsDurableWhenTheFitHasEnded(string hook)
    {
        using var module = new SmallModule();
        var storage = new InMemoryCheckpointIO();
        using var strategy = new SingleDeviceStrategy(storage);
        Trainer trainer = null!;
        var hooks = new RecordingCallback([]) { OnHook = seen => { if (seen == hook) { trainer.SaveCheckpoint("end.ckpt"); } } };
        var saver = new SavingCheckpoint();
        trainer = new Trainer(strategy, new TrainerOptions { MaxEpochs = 1 }, [hooks, saver]);

        var result = trainer.Fit(module, new SmallData(2));

        Assert.AreEqual(1, result.Checkpoints.Durable);
        Assert.AreEqual(0, trainer.PendingCheckpoints);
        Assert.AreSequenceEqual(["end.ckpt"], saver.Durable);
    }

    [TestMethod]
    public void Fit_MetricFailsToReset_LeavesTheTrainerFree()
    {
        using var module = new MeteredModule();
        var trainer = Make(new InMemoryCheckpointIO());
        module.Metric.Fails = true;

        Assert.ThrowsExactly<InvalidDataException>(() => trainer.Fit(module, new SmallData(2)));

        module.Metric.Fails = false;
        Assert.AreEqual(FitStatus.Completed, trainer.Fit(module, new SmallData(2)).Status);
    }

    [TestMethod]
    public void Fit_OptimizerFailsToBeDisposed_HidesNothingAndLeavesTheTrainerFree()
    {
        var optimizers = new List<BrittleOptimizer>();
        using var module = new SmallModule(parameters =>
        {
            optimizers.Add(new BrittleOptimizer(parameters) { Fails = optimizers.Count == 0 });
            return optimizers[^1];
        });
        var trainer = Make(new InMemoryCheckpointIO());

        Assert.AreEqual(FitStatus.Completed, trainer.Fit(module, new SmallData(2)).Status);

        Assert.AreEqual(FitStatus.Completed, trainer.Fit(module, new SmallData(2)).Status);
    }

    [TestMethod]
    public void Validate_OfAnotherTrainerWithinAFit_LeavesTheModuleWithItsTrainer()
    {
        using var module = new SmallModule();
        IReadOnlyDictionary<string, double>? other = null;
        var hooks = new RecordingCallback([])
        {
            OnHook = hook =>
            {
                if (hook == "OnTrainEpochStart")
                {
                    other = Make(new InMemoryCheckpointIO()).Validate(module, new SmallData(1));
                }
            },
        };

        var result = Make(new InMemoryCheckpointIO(), callbacks: hooks).Fit(module, new SmallData(2), new SmallData(1));

        Assert.IsTrue(other!.ContainsKey("val_loss"));
        Assert.IsTrue(result.Metrics.ContainsKey("train_loss"));
    }

    [TestMethod]
    public void Fit_OfAnotherTrainerWithinAFit_IsRefusedAndHarmless()
    {
        using var module = new SmallModule();
        InvalidOperationException? refusal = null;
        var hooks = new RecordingCallback([])
        {
            OnHook = hook =>
            {
                if (hook == "OnTrainEpochStart")
                {
                    refusal = Assert.ThrowsExactly<InvalidOperationException>(
                        () => Make(new InMemoryCheckpointIO()).Fit(module, new SmallData(1)));
                }
            },
        };

        var result = Make(new InMemoryCheckpointIO(), callbacks: hooks).Fit(module, new SmallData(2));

        Assert.StartsWith("Another trainer runs the module 'SmallModule'", refusal!.Message);
        Assert.AreEqual(2L, result.GlobalStep);
    }

    private static Trainer Make(CheckpointIO storage, params Callback[] callbacks) =>
        new(new SingleDeviceStrategy(storage), new TrainerOptions { MaxEpochs = 1 }, callbacks);

    /// <summary>Data that cannot be let go of.</summary>
    private sealed class BrittleData : IEnumerable<(Tensor Inputs, Tensor Targets)>
    {
        public IEnumerator<(Tensor Inputs, Tensor Targets)> GetEnumerator()
        {
            try
            {
                foreach (var batch in new SmallData(2))
                {
                    yield return batch;
                }
            }
            finally
            {
                Fail();
            }
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

        private static void Fail() => throw new IOException("the data");
    }

    private sealed class BrittleOptimizer(IEnumerable<TorchSharp.Modules.Parameter> parameters) : TorchSharp.Modules.SGD(parameters, 0.1)
    {
        public bool Fails { get; init; }

        protected override void Dispose(bool disposing)
        {
            base.Dispose(disposing);
            if (Fails && disposing)
            {
                throw new InvalidDataException("the optimizer");
            }
        }
    }

    private sealed class MeteredModule : TrainingModule<(Tensor Inputs, Tensor Targets)>
    {
        private readonly TorchSharp.Modules.Linear _linear = nn.Linear(4, 1);

        public MeteredModule()
            : base(nameof(MeteredModule))
        {
            Metric = RegisterMetric("brittle", new BrittleMetric());
            RegisterComponents();
        }

        public BrittleMetric Metric { get; }

        public override OptimizerSetup ConfigureOptimizers() => optim.SGD(parameters(), 0.1);

        public override Tensor? TrainingStep((Tensor Inputs, Tensor Targets) batch, int batchIndex) =>
            nn.functional.mse_loss(_linear.call(batch.Inputs), batch.Targets);
    }

    private sealed class BrittleMetric : IMetric
    {
        public bool Fails { get; set; }

        public double Compute() => 0;

        public void Reset() => _ = Fails ? throw new InvalidDataException("the metric") : 0;

        public StateMap StateDict() => [];

        public void LoadStateDict(StateMap state)
        {
        }
    }
}
