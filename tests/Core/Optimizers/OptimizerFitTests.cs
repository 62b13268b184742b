using TorchSharp;

namespace Fulgurite.Tests.Core.Optimizers;

/// <summary>Optimizers in a fit: several of them, those that cannot be saved, and those that were made too early.</summary>
[TestClass]
public sealed class OptimizerFitTests
{
    [TestMethod]
    [DataRow(3)]
    [DataRow(5)]
    public void Fit_TwoOptimizersStoppedAndResumed_EqualsARunNeverStopped(int stopAfter)
    {
        var whole = Run(new InMemoryCheckpointIO(), null, null);

        var storage = new InMemoryCheckpointIO();
        var first = Run(storage, stopAfter, null);
        var second = Run(storage, null, "stopped.ckpt");

        Assert.HasCount(2, storage["stopped.ckpt"]["optimizer_states"].AsList());
        Assert.AreSequenceEqual(whole.Losses, first.Losses.Concat(second.Losses));
        Assert.AreSequenceEqual(whole.Weights, second.Weights);
        Assert.AreEqual(8L, second.Steps, "both step together, which counts once");
    }

    [TestMethod]
    public void Fit_ParametersInAnotherOrder_GoByTheirNames()
    {
        var storage = new InMemoryCheckpointIO();
        using var module = Module(m => optim.Adam(m.parameters(), 0.05));
        Fit(module, storage, maxEpochs: 1, [new SaveAtEnd(storage)]);
        using var other = Module(m => optim.Adam(m.parameters().Reverse(), 0.05));
        var resumed = new SaveAtEnd(storage) { Path = "again.ckpt", AtStart = true };

        Fit(other, storage, maxEpochs: 1, [resumed], "end.ckpt");

        var (before, after) = (
            storage["end.ckpt"].Find("optimizer_states.0")!.AsMap(), storage["again.ckpt"].Find("optimizer_states.0")!.AsMap());
        var names = before["param_groups"].AsList()[0].AsMap()["param_names"].AsList().Select(name => name.AsText()).ToList();
        var reversed = after["param_groups"].AsList()[0].AsMap()["param_names"].AsList().Select(name => name.AsText()).ToList();
        Assert.AreSequenceEqual(names.AsEnumerable().Reverse(), reversed);
        for (var index = 0; index < names.Count; index++)
        {
            Assert.AreSequenceEqual(
                Bytes(before["state"].AsMap()[index].AsMap()["exp_avg"].AsTensor()),
                Bytes(after["state"].AsMap()[names.Count - 1 - index].AsMap()["exp_avg"].AsTensor()),
                names[index]);
        }
    }

    [TestMethod]
    public void Fit_OtherParameters_NamesTheOneThatIsMissing()
    {
        var storage = new InMemoryCheckpointIO();
        using var module = Module(m => optim.SGD([m.get_parameter("_first.bias")!, m.get_parameter("_norm.bias")!], 0.05, momentum: 0.9));
        Fit(module, storage, maxEpochs: 1, [new SaveAtEnd(storage)]);
        using var other = Module(m => optim.SGD([m.get_parameter("_first.bias")!, m.get_parameter("_norm.weight")!], 0.05, momentum: 0.9));

        var error = Assert.ThrowsExactly<InvalidOperationException>(() => Fit(other, storage, maxEpochs: 2, [], "end.ckpt"));

        Assert.Contains("lacks the parameter '_norm.weight' of ConfigureOptimizers. It has: _first.bias, _norm.bias.", error.Message);
    }

    [TestMethod]
    public void Fit_AnOptimizerWithoutAReadableState_IsRefusedBeforeTheFirstStep()
    {
        var storage = new InMemoryCheckpointIO();
        using var module = new ManualModule();

        var error = Assert.ThrowsExactly<NotSupportedException>(() => new Trainer(
            new SingleDeviceStrategy(storage),
            new TrainerOptions { MaxEpochs = 1 },
            [new SavingCheckpoint()]).Fit(module, new SmallData(2)));

        Assert.StartsWith(
            "SavingCheckpoint saves complete checkpoints, which requires the optimizer state. The state of LBFGS cannot be saved: "
                + "TorchSharp keeps it in native code",
            error.Message);
        Assert.Contains("SaveWeightsOnly", error.Message);
        Assert.AreEqual(0, module.Steps);
    }

    [TestMethod]
    public void Fit_AnOptimizerWithoutAReadableState_MaySaveWeights()
    {
        var storage = new InMemoryCheckpointIO();
        using var module = new ManualModule();

        var result = new Trainer(
            new SingleDeviceStrategy(storage), new TrainerOptions { MaxEpochs = 20 }, [new WeightsAtEnd()]).Fit(module, new SmallData(1));

        Assert.AreEqual(20, module.Steps);
        Assert.IsLessThan(module.FirstLoss * 0.05, module.LastLoss, "it does train");
        Assert.AreEqual(FitStatus.Completed, result.Status);
        Assert.IsFalse(storage["weights.ckpt"].Root.ContainsKey("optimizer_states"));
    }

    [TestMethod]
    public void Fit_AnOptimizerThatWantsAClosureInAutomaticOptimization_IsRefused()
    {
        using var module = Module(m => optim.LBFGS(m.parameters()));

        var error = Assert.ThrowsExactly<NotSupportedException>(() => Fit(module, new InMemoryCheckpointIO(), maxEpochs: 1, []));

        Assert.Contains("LBFGS evaluates the loss in a closure", error.Message);
    }

    [TestMethod]
    public void Fit_AnOptimizerOfSomebodyElse_IsRefusedWhereItsStateIsToBeSaved()
    {
        using var module = Module(m => new StrangeOptimizer(m.parameters()));

        var error = Assert.ThrowsExactly<NotSupportedException>(
            () => Fit(module, new InMemoryCheckpointIO(), maxEpochs: 1, [new SavingCheckpoint()]));

        Assert.Contains("StrangeOptimizer cannot be saved: its layout is unknown because it is not a TorchSharp optimizer", error.Message);
    }

    [TestMethod]
    public void Fit_AnOptimizerOfParametersThatAreGone_IsRefused()
    {
        manual_seed(11);
        optim.Optimizer? early = null;
        using var module = new SmallModule { Setup = _ => early! };
        early = optim.Adam(module.parameters(), 0.05);
        module.to(ScalarType.Float64);

        var error = Assert.ThrowsExactly<InvalidOperationException>(() => Fit(module, new InMemoryCheckpointIO(), maxEpochs: 1, []));

        Assert.Contains("The Adam of SmallModule references parameters that no longer exist", error.Message);
    }

    [TestMethod]
    public void Fit_ALayerIsFrozenInMidTraining_KeepsItsPlaceInTheOptimizer()
    {
        var storage = new InMemoryCheckpointIO();
        using var module = Module(m => optim.Adam(m.parameters().Where(parameter => parameter.requires_grad), 0.05));
        var freezing = new LambdaCallback().On<OnTrainBatchEndArguments>(_ => module.get_parameter("_first.bias")!.requires_grad = false);
        Fit(module, storage, maxEpochs: 1, [freezing, new SaveAtEnd(storage)]);
        using var other = Module(m => optim.Adam(m.parameters(), 0.05));

        Fit(other, storage, maxEpochs: 2, [], "end.ckpt");

        Assert.HasCount(6, storage["end.ckpt"].Find("optimizer_states.0.param_groups.0.params")!.AsList());
    }

    [TestMethod]
    public void Fit_ALayerIsUnfrozenInMidTraining_StaysOutOfTheOptimizer()
    {
        using var module = Module(m =>
        {
            m.get_parameter("_first.bias")!.requires_grad = false;
            return optim.Adam(m.parameters().Where(parameter => parameter.requires_grad), 0.05);
        });
        using var before = module.get_parameter("_first.bias")!.detach().clone();
        var unfreezing = new LambdaCallback().On<OnTrainBatchEndArguments>(_ => module.get_parameter("_first.bias")!.requires_grad = true);

        Fit(module, new InMemoryCheckpointIO(), maxEpochs: 1, [unfreezing]);

        Assert.IsTrue(before.Equals(module.get_parameter("_first.bias")!.detach()));
    }

    [TestMethod]
    public void Fit_EachWindow_BeginsWithoutGradientsRatherThanWithZeros()
    {
        using var module = Module(m => optim.SGD(m.parameters(), 0.05));
        var callback = new GradientsBeforeBackward();

        Fit(module, new InMemoryCheckpointIO(), maxEpochs: 1, [callback], accumulate: 2);

        Assert.AreSequenceEqual([0, 6, 0, 6], callback.Counts, "what zero_grad of the optimizer leaves would be six in each");
    }

    private static byte[] Bytes(TensorData tensor)
    {
        var bytes = new byte[tensor.ByteLength];
        tensor.CopyTo(bytes);
        return bytes;
    }

    private static SmallModule Module(Func<SmallModule, OptimizerSetup> setup)
    {
        manual_seed(11);
        return new SmallModule { Setup = setup };
    }

    private static FitResult Fit(
        SmallModule module,
        InMemoryCheckpointIO storage,
        int maxEpochs,
        Callback[] callbacks,
        string? resumeFrom = null,
        int accumulate = 1) =>
        new Trainer(
            new SingleDeviceStrategy(storage), new TrainerOptions { MaxEpochs = maxEpochs, AccumulateGradBatches = accumulate }, callbacks)
            .Fit(module, new SmallData(4), checkpointPath: resumeFrom);

    private static (List<double> Losses, byte[] Weights, long Steps) Run(InMemoryCheckpointIO storage, int? cancelAfter, string? resumeFrom)
    {
        using var interruption = new Interruption(cancelAfter);
        using var module = Module(m => new OptimizerSetup(
        [
            optim.Adam(
                m.named_parameters().Where(p => p.name.StartsWith("_first", StringComparison.Ordinal)).Select(p => p.parameter), 0.05),
            optim.SGD(
                m.named_parameters().Where(p => !p.name.StartsWith("_first", StringComparison.Ordinal)).Select(p => p.parameter),
                0.05,
                momentum: 0.9),
        ]));
        manual_seed(resumeFrom is null ? 12 : 13);
        var result = new Trainer(new SingleDeviceStrategy(storage), new TrainerOptions { MaxEpochs = 2 }, [interruption.Saving])
            .Fit(module, new SmallData(4), null, resumeFrom, interruption.Token);
        return (module.Losses, [.. module.parameters().SelectMany(parameter => parameter.bytes.ToArray())], result.GlobalStep);
    }

    private sealed class SaveAtEnd(InMemoryCheckpointIO storage) : Callback
    {
        public string Path { get; init; } = "end.ckpt";

        public bool AtStart { get; init; }

        public override void OnFitStart(OnFitStartArguments arguments) => Save(arguments.Trainer, AtStart);

        public override void OnTrainEnd(OnTrainEndArguments arguments) => Save(arguments.Trainer, !AtStart);

        private void Save(Trainer trainer, bool now)
        {
            if (now)
            {
                using var state = trainer.CaptureState();
                storage.Submit(state, Path, null);
            }
        }
    }

    private sealed class WeightsAtEnd : Checkpoint
    {
        public override bool SavesWeightsOnly => true;

        public override void OnTrainEnd(OnTrainEndArguments arguments) =>
            Save(arguments.Trainer, weightsOnly: true, ("weights.ckpt", null));
    }

    private sealed class GradientsBeforeBackward : Callback
    {
        public List<int> Counts { get; } = [];

        public override void OnBeforeBackward(OnBeforeBackwardArguments arguments) =>
            Counts.Add(arguments.Module.parameters().Count(parameter => parameter.grad is not null));
    }

    private sealed class StrangeOptimizer : OptimizerHelper
    {
        public StrangeOptimizer(IEnumerable<Parameter> parameters) =>
            _parameter_groups = [new ParamGroup<OptimizerOptions>(parameters, new OptimizerOptions { LearningRate = 0.1 })];
    }

    private sealed class ManualModule : TrainingModule<(Tensor Inputs, Tensor Targets)>
    {
        private readonly Linear _linear;

        public ManualModule()
            : base(nameof(ManualModule))
        {
            manual_seed(11);
            _linear = nn.Linear(4, 1);
            RegisterComponents();
        }

        public int Steps { get; private set; }

        public double FirstLoss { get; private set; }

        public double LastLoss { get; private set; }

        public override bool AutomaticOptimization => false;

        public override OptimizerSetup ConfigureOptimizers() => optim.LBFGS(parameters(), lr: 0.5, max_iter: 4);

        public override Tensor? TrainingStep((Tensor Inputs, Tensor Targets) batch, int batchIndex)
        {
            var optimizer = Optimizers[0].Optimizer;
            using var loss = optimizer.step(() =>
            {
                foreach (var parameter in parameters())
                {
                    parameter.grad = null;
                }

                var current = nn.functional.mse_loss(_linear.call(batch.Inputs), batch.Targets);
                current.backward();
                return current;
            });
            LastLoss = loss.item<float>();
            FirstLoss = Steps == 0 ? LastLoss : FirstLoss;
            Steps++;
            return null;
        }
    }
}
