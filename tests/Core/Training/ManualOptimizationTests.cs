namespace Fulgurite.Tests.Core.Training;

[TestClass]
public sealed class ManualOptimizationTests
{
    [TestMethod]
    [TestProperty("Behaviour", "HK1")]
    public void Fit_ManualModule_StepsByItsOwnHandThroughHooksAndFence()
    {
        var hooks = new List<string>();
        using var storage = new FenceProbe();
        using var module = new TwoPlayerModule();
        var trainer = new Trainer(new SingleDeviceStrategy(storage), new TrainerOptions { MaxEpochs = 1 }, [new RecordingCallback(hooks)]);

        var result = trainer.Fit(module, new SmallData(1));

        Assert.AreEqual(2, result.GlobalStep, "each step of an optimizer counts");
        Assert.IsGreaterThanOrEqualTo(2, storage.Count);
        Assert.AreSequenceEqual(
            new[]
            {
                "callback.OnTrainBatchStart",
                "callback.OnBeforeZeroGrad", "callback.OnBeforeBackward", "callback.OnAfterBackward", "callback.OnBeforeOptimizerStep",
                "callback.OnBeforeZeroGrad", "callback.OnBeforeBackward", "callback.OnAfterBackward", "callback.OnBeforeOptimizerStep",
                "callback.OnTrainBatchEnd",
            },
            hooks.SkipWhile(hook => hook != "callback.OnTrainBatchStart").TakeWhile(hook => hook != "callback.OnTrainEpochEnd"));
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(3)]
    [DataRow(6)]
    public void Fit_ManualModuleStoppedAndResumed_EqualsARunNeverStopped(int stopAfter)
    {
        var whole = Run(new InMemoryCheckpointIO(), null, null);
        var storage = new InMemoryCheckpointIO();
        var first = Run(storage, stopAfter, null);

        var second = Run(storage, null, "stopped.ckpt");

        Assert.AreSequenceEqual(whole.Losses, first.Losses.Concat(second.Losses));
        Assert.AreSequenceEqual(whole.Weights, second.Weights);
    }

    [TestMethod]
    public void Fit_ManualModuleWithAccumulationOrClipping_IsRefused()
    {
        using var module = new TwoPlayerModule();
        var trainer = new Trainer(new SingleDeviceStrategy(new InMemoryCheckpointIO()), new TrainerOptions { AccumulateGradBatches = 2 });

        var error = Assert.ThrowsExactly<InvalidOperationException>(() => trainer.Fit(module, new SmallData(1)));

        Assert.StartsWith("TwoPlayerModule uses manual optimization", error.Message);
    }

    private static (List<float> Losses, float[] Weights) Run(InMemoryCheckpointIO storage, int? stopAfter, string? resumeFrom)
    {
        manual_seed(7);
        using var module = new TwoPlayerModule();
        using var interruption = new Interruption(stopAfter);
        new Trainer(new SingleDeviceStrategy(storage), new TrainerOptions { MaxEpochs = 2 }, [interruption.Saving])
            .Fit(module, new SmallData(4), checkpointPath: resumeFrom, cancellationToken: interruption.Token);
        return (module.Losses, module.state_dict().Values.SelectMany(tensor => tensor.data<float>().ToArray()).ToArray());
    }

    /// <summary>
    /// Two layers with an optimizer each, trained one after the other; the gradients of one leak into the other until they are let go.
    /// </summary>
    private sealed class TwoPlayerModule : TrainingModule<(Tensor Inputs, Tensor Targets)>
    {
        private readonly Linear _first = nn.Linear(4, 4);
        private readonly Linear _second = nn.Linear(4, 1);

        public TwoPlayerModule()
            : base(nameof(TwoPlayerModule)) => RegisterComponents();

        public List<float> Losses { get; } = [];

        public override bool AutomaticOptimization => false;

        public override OptimizerSetup ConfigureOptimizers() => new(
        [
            new OptimizerConfiguration(optim.Adam(_first.parameters(), lr: 0.01)),
            new OptimizerConfiguration(optim.SGD(_second.parameters(), learningRate: 0.01, momentum: 0.9)),
        ]);

        public override Tensor? TrainingStep((Tensor Inputs, Tensor Targets) batch, int batchIndex)
        {
            Tensor? loss = null;
            foreach (var optimizer in Optimizers)
            {
                loss = nn.functional.mse_loss(_second.call(_first.call(batch.Inputs)), batch.Targets);

                // Those of the second are let go at every other batch only, so that they wait between batches too.
                if (optimizer == Optimizers[0] || batchIndex % 2 == 0)
                {
                    optimizer.ZeroGrad();
                }

                ManualBackward(loss);
                optimizer.Step();
            }

            Losses.Add(loss!.item<float>());
            return loss;
        }
    }
}
