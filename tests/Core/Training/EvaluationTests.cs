namespace Fulgurite.Tests.Core.Training;

[TestClass]
public sealed class EvaluationTests
{
    [TestMethod]
    public void Test_AfterFit_GivesReducedMetricsAndKeepsTheCounters()
    {
        using var module = new SmallModule();
        var trainer = Make(new InMemoryCheckpointIO(), new TrainerOptions { MaxSteps = 3 });
        trainer.Fit(module, new SmallData(4));

        var metrics = trainer.Test(module, new SmallData(2));

        Assert.AreSequenceEqual(new[] { "test_loss" }, metrics.Keys);
        Assert.AreEqual(RunStage.Test, trainer.Stage);
        Assert.AreEqual(3, trainer.GlobalStep, "metrics of a test belong behind those of the fit");
    }

    [TestMethod]
    public async Task TestAsync_PredictAsync_RunOnAThreadOfTheirOwn()
    {
        using var module = new SmallModule();
        var threads = new HashSet<int>();
        var trainer = new Trainer(
            new SingleDeviceStrategy(new InMemoryCheckpointIO()),
            callbacks: [new RecordingCallback([]) { OnHook = _ => threads.Add(Environment.CurrentManagedThreadId) }]);

        await trainer.TestAsync(module, new SmallData(1));
        await trainer.ValidateAsync(module, new SmallData(1));
        foreach (var prediction in await trainer.PredictAsync(module, new SmallData(1)))
        {
            prediction.Dispose();
        }

        Assert.DoesNotContain(Environment.CurrentManagedThreadId, threads);
        Assert.IsGreaterThanOrEqualTo(1, threads.Count);
    }

    [TestMethod]
    public void Test_ModuleWithoutTestStep_SaysWhatToOverride()
    {
        using var module = new StepOnlyModule();

        var error = Assert.ThrowsExactly<NotSupportedException>(() => Make(new InMemoryCheckpointIO()).Test(module, [zeros(1)]));

        Assert.AreEqual("StepOnlyModule does not support testing. Override TestStep.", error.Message);
    }

    [TestMethod]
    public void Predict_SeveralBatches_GivesCopiesThatOutliveTheScopes()
    {
        manual_seed(3);
        using var module = new SmallModule();
        var before = LiveTensors.Count();

        var predictions = Make(
            new InMemoryCheckpointIO(), new TrainerOptions { LimitPredictBatches = 3 }).Predict(module, new SmallData(5));

        Assert.HasCount(3, predictions);
        Assert.AreEqual(before + 3, Tensor.TotalCount, "nothing but the predictions is left");
        module.eval();
        using (NewDisposeScope())
        {
            var expected = module.PredictStep(new SmallData(5).GetBatches(0, 1).First(), 1);
            Assert.AreSequenceEqual(expected.data<float>().ToArray(), predictions[1].data<float>().ToArray());
        }

        foreach (var prediction in predictions)
        {
            Assert.IsFalse(prediction.requires_grad);
            prediction.Dispose();
        }
    }

    [TestMethod]
    public void Predict_NothingKept_LeavesNothing()
    {
        using var module = new SmallModule();
        var before = LiveTensors.Count();

        Assert.IsEmpty(Make(new InMemoryCheckpointIO()).Predict(module, new SmallData(5), keepPredictions: false));

        Assert.AreEqual(before, Tensor.TotalCount);
    }

    [TestMethod]
    public void Predict_AStepThrows_LetsGoOfWhatWasKept()
    {
        using var module = new SmallModule();
        var before = LiveTensors.Count();
        var trainer = new Trainer(
            new SingleDeviceStrategy(new InMemoryCheckpointIO()),
            callbacks:
            [
                new RecordingCallback([])
                {
                    OnHook = hook => { if (hook == nameof(Callback.OnPredictEpochEnd)) { throw new InvalidDataException(); } },
                },
            ]);

        Assert.ThrowsExactly<InvalidDataException>(() => trainer.Predict(module, new SmallData(4)));

        Assert.AreEqual(before, Tensor.TotalCount);
    }

    [TestMethod]
    [TestProperty("Behaviour", "TR9")]
    [DataRow("Validate", "last", "last.ckpt")]
    [DataRow("Validate", "best", "best.ckpt")]
    [DataRow("Validate", "other.ckpt", "other.ckpt")]
    [DataRow("Test", "last", "last.ckpt")]
    [DataRow("Test", "best", "best.ckpt")]
    [DataRow("Test", "other.ckpt", "other.ckpt")]
    [DataRow("Predict", "last", "last.ckpt")]
    [DataRow("Predict", "best", "best.ckpt")]
    [DataRow("Predict", "other.ckpt", "other.ckpt")]
    [TestProperty("Behaviour", "CC7")]
    public void Evaluate_CheckpointPath_LoadsItsWeights(string stage, string asked, string path)
    {
        var storage = new InMemoryCheckpointIO();
        using var module = new SmallModule();
        var trainer = new Trainer(new SingleDeviceStrategy(storage), new TrainerOptions { MaxSteps = 3 }, [new NamedCheckpoint()]);
        trainer.Fit(module, new SmallData(4));

        Run(trainer, stage, module, asked);

        var saved = new float[32];
        storage[path].Find("state_dict._first.weight")!.AsTensor().CopyTo(
            System.Runtime.InteropServices.MemoryMarshal.AsBytes(saved.AsSpan()));
        Assert.AreSequenceEqual(saved, module.state_dict()["_first.weight"].data<float>().ToArray());
    }

    [TestMethod]
    [TestProperty("Behaviour", "TR9")]
    [TestProperty("Behaviour", "TR10")]
    [DataRow("Validate")]
    [DataRow("Test")]
    [DataRow("Predict")]
    [TestProperty("Behaviour", "RS5")]
    [TestProperty("Behaviour", "TR7")]
    public void Evaluate_CheckpointThatIsNotThere_SaysWhatToDo(string stage)
    {
        using var module = new SmallModule();
        var none = Make(new InMemoryCheckpointIO());
        var empty = new Trainer(new SingleDeviceStrategy(new InMemoryCheckpointIO()), callbacks: [new SavingCheckpoint()]);
        var fast = new Trainer(
            new SingleDeviceStrategy(new InMemoryCheckpointIO()), new TrainerOptions { FastDevRun = 1 }, [new SavingCheckpoint()]);

        Assert.AreEqual(
            "The best checkpoint was requested, but no callback saves checkpoints. Specify a path, or add a ModelCheckpoint.",
            Assert.ThrowsExactly<InvalidOperationException>(() => Run(none, stage, module, "best")).Message);
        Assert.AreEqual(
            "The last checkpoint was requested, but a FastDevRun saves none. Specify a path.",
            Assert.ThrowsExactly<InvalidOperationException>(() => Run(fast, stage, module, "last")).Message);
        Assert.AreEqual("best", Assert.ThrowsExactly<CheckpointNotFoundException>(() => Run(empty, stage, module, "best")).Path);
        Assert.AreEqual("last", Assert.ThrowsExactly<CheckpointNotFoundException>(() => Run(empty, stage, module, "last")).Path);
        Assert.AreEqual(
            "nowhere.ckpt", Assert.ThrowsExactly<CheckpointNotFoundException>(() => Run(none, stage, module, "nowhere.ckpt")).Path);
    }

    [TestMethod]
    [TestProperty("Behaviour", "CC9")]
    public void Test_Checkpoint_TellsCallbacksOfItsState()
    {
        var storage = new InMemoryCheckpointIO();
        using var module = new SmallModule();
        var listener = new LoadListener();
        var trainer = new Trainer(
            new SingleDeviceStrategy(storage), new TrainerOptions { MaxSteps = 3 }, [new NamedCheckpoint(), listener]);
        trainer.Fit(module, new SmallData(4));

        trainer.Test(module, new SmallData(1), "best");

        Assert.AreSequenceEqual(new[] { 2L }, listener.Steps);
    }

    [TestMethod]
    [TestProperty("Behaviour", "HK6")]
    public void Evaluate_NestedPartsWithModesOfTheirOwn_KeepThem()
    {
        using var module = new NestedModule();
        module.train();
        module.Outer.eval();
        module.Inner.train();
        var modes = module.modules().Select(part => part.training).ToList();

        Make(new InMemoryCheckpointIO()).Validate(module, [zeros(1, 2)]);

        Assert.IsTrue(module.WasEvaluating);
        Assert.AreSequenceEqual(modes, module.modules().Select(part => part.training));
        Assert.IsTrue(module.Inner.training);
        Assert.IsFalse(module.Outer.training);
    }

    private static void Run(Trainer trainer, string stage, SmallModule module, string path)
    {
        switch (stage)
        {
            case "Validate":
                trainer.Validate(module, new SmallData(1), path);
                break;
            case "Test":
                trainer.Test(module, new SmallData(1), path);
                break;
            default:
                trainer.Predict(module, new SmallData(1), path, keepPredictions: false);
                break;
        }
    }

    private static Trainer Make(InMemoryCheckpointIO storage, TrainerOptions? options = null) =>
        new(new SingleDeviceStrategy(storage), options);

    /// <summary>Saves other.ckpt after the first step, best.ckpt after the second and last.ckpt after the third.</summary>
    private sealed class NamedCheckpoint : Checkpoint
    {
        private static readonly string[] Names = ["other.ckpt", "best.ckpt", "last.ckpt"];

        public override string BestModelPath => "best.ckpt";

        public override string LastModelPath => "last.ckpt";

        public override void OnTrainBatchEnd(OnTrainBatchEndArguments arguments) =>
            Save(arguments.Trainer, weightsOnly: false, (Names[arguments.BatchIndex], null));
    }

    private sealed class LoadListener : Callback
    {
        public List<long> Steps { get; } = [];

        public override void OnLoadCheckpoint(OnLoadCheckpointArguments arguments) => Steps.Add(arguments.State["global_step"].AsInteger());
    }

    private sealed class StepOnlyModule : TrainingModule<Tensor>
    {
        public StepOnlyModule()
            : base(nameof(StepOnlyModule))
        {
        }

        public override Fulgurite.OptimizerSetup ConfigureOptimizers() => throw new NotSupportedException();

        public override Tensor? TrainingStep(Tensor batch, int batchIndex) => null;
    }

    private sealed class NestedModule : TrainingModule<Tensor>
    {
        public NestedModule()
            : base(nameof(NestedModule))
        {
            Inner = nn.Dropout(0.5);
            Outer = nn.Sequential(nn.Linear(2, 2), Inner);
            RegisterComponents();
        }

        public TorchSharp.Modules.Sequential Outer { get; }

        public TorchSharp.Modules.Dropout Inner { get; }

        public bool WasEvaluating { get; private set; }

        public override Fulgurite.OptimizerSetup ConfigureOptimizers() => optim.SGD(parameters(), 0.1);

        public override Tensor? TrainingStep(Tensor batch, int batchIndex) => Outer.call(batch).sum();

        public override void ValidationStep(Tensor batch, int batchIndex) =>
            WasEvaluating = modules().All(part => !part.training) && !is_grad_enabled();
    }
}
