namespace Fulgurite.Tests.Core.Training;

[TestClass]
public sealed class HookOrderTests
{
    [TestMethod]
    [TestProperty("Behaviour", "HK1")]
    public void Fit_OneEpochWithValidation_RunsHooksInTheDocumentedOrder()
    {
        var hooks = new List<string>();
        var trainer = new Trainer(
            new SingleDeviceStrategy(new InMemoryCheckpointIO()),
            new TrainerOptions { MaxEpochs = 1, AccumulateGradBatches = 2, ValidationInterval = 2, SanityValidationSteps = 2 },
            [new RecordingCallback(hooks)]);
        using var module = new SmallModule { Hooks = hooks };

        trainer.Fit(module, new SmallData(2), new SmallData(1));

        string[] expected =
        [
            .. Both("SetUp(Fit)"), .. Both("OnFitStart"),
            "callback.OnSanityCheckStart", .. Evaluation("Validation"), "callback.OnSanityCheckEnd",
            .. Both("OnTrainStart"), .. Both("OnTrainEpochStart"),
            .. Both("OnTrainBatchStart"), "module.TrainingStep", .. Both("OnBeforeZeroGrad"),
            .. Both("OnBeforeBackward"), .. Both("OnAfterBackward"),
            .. Both("OnTrainBatchEnd"),
            .. Both("OnTrainBatchStart"), "module.TrainingStep", .. Both("OnBeforeBackward"), .. Both("OnAfterBackward"),
            .. Both("OnBeforeOptimizerStep"),
            .. Both("OnTrainBatchEnd"),
            .. Evaluation("Validation"),
            .. Both("OnTrainEpochEnd"), .. Both("OnTrainEnd"), .. Both("OnFitEnd"), .. Both("TearDown(Fit)"),
        ];
        Assert.AreSequenceEqual(expected, hooks);
    }

    [TestMethod]
    [TestProperty("Behaviour", "HK4")]
    [DataRow("Validate", "Validation")]
    [DataRow("Test", "Test")]
    [DataRow("Predict", "Predict")]
    public void Evaluate_OneBatch_RunsHooksInTheDocumentedOrder(string stage, string name)
    {
        var hooks = new List<string>();
        var trainer = new Trainer(new SingleDeviceStrategy(new InMemoryCheckpointIO()), callbacks: [new RecordingCallback(hooks)]);
        using var module = new SmallModule { Hooks = hooks };

        Evaluate(trainer, stage, module, new SmallData(1));

        Assert.AreSequenceEqual([.. Both($"SetUp({stage})"), .. Evaluation(name), .. Both($"TearDown({stage})")], hooks);
    }

    [TestMethod]
    [TestProperty("Behaviour", "TR12")]
    [DataRow("Validate")]
    [DataRow("Test")]
    [DataRow("Predict")]
    public void Evaluate_AHookThrows_TellsCallbacksAndTearsDown(string stage)
    {
        var hooks = new List<string>();
        var callback = new RecordingCallback(hooks)
        {
            OnHook = hook =>
            {
                if (hook.EndsWith("BatchStart", StringComparison.Ordinal))
                {
                    throw new InvalidDataException("bad batch");
                }
            },
        };
        var trainer = new Trainer(new SingleDeviceStrategy(new InMemoryCheckpointIO()), callbacks: [callback]);
        using var module = new SmallModule();
        module.train();

        Assert.ThrowsExactly<InvalidDataException>(() => Evaluate(trainer, stage, module, new SmallData(1)));

        Assert.AreSequenceEqual(new[] { "callback.OnException(bad batch)", $"callback.TearDown({stage})" }, hooks.TakeLast(2));
        Assert.IsTrue(module.training, "modes are restored");
    }

    private static void Evaluate(Trainer trainer, string stage, SmallModule module, SmallData data)
    {
        switch (stage)
        {
            case "Validate":
                trainer.Validate(module, data);
                break;
            case "Test":
                trainer.Test(module, data);
                break;
            default:
                trainer.Predict(module, data).ToList().ForEach(prediction => prediction.Dispose());
                break;
        }
    }

    private static string[] Evaluation(string name) =>
    [
        .. Both($"On{name}Start"), .. Both($"On{name}EpochStart"),
        .. Both($"On{name}BatchStart"), $"module.{name}Step", .. Both($"On{name}BatchEnd"),
        .. Both($"On{name}EpochEnd"), .. Both($"On{name}End"),
    ];

    private static string[] Both(string hook) => [$"callback.{hook}", $"module.{hook}"];

    [TestMethod]
    public void OnTrainBatchStart_SkipRestOfEpoch_LeavesOutTheBatchAndThoseAfterIt()
    {
        using var module = new SmallModule();
        var trainer = new Trainer(
            new SingleDeviceStrategy(new InMemoryCheckpointIO()),
            new TrainerOptions { MaxEpochs = 3 },
            [new SkippingCallback(epoch: 1, batch: 2)]);

        var result = trainer.Fit(module, new SmallData(4));

        Assert.AreEqual(3, result.EpochsCompleted);
        Assert.AreEqual(4 + 2 + 4, result.GlobalStep);
    }

    [TestMethod]
    public void Fit_CheckpointCallbackAddedFirst_RunsLast()
    {
        var hooks = new List<string>();
        var checkpoint = new SavingCheckpoint();
        var plain = new RecordingCallback(hooks);
        var trainer = new Trainer(new SingleDeviceStrategy(new InMemoryCheckpointIO()), callbacks: [checkpoint, plain]);

        Assert.AreSequenceEqual(new Callback[] { plain, checkpoint }, trainer.Callbacks);
        Assert.AreSame(checkpoint, trainer.CheckpointCallback);
    }

    [TestMethod]
    public void Constructor_CheckpointsDisabledAndOneSaves_SaysWhatToDo()
    {
        var error = Assert.ThrowsExactly<InvalidOperationException>(() => new Trainer(
            new SingleDeviceStrategy(new InMemoryCheckpointIO()),
            new TrainerOptions { EnableCheckpointing = false },
            [new SavingCheckpoint()]));

        Assert.AreEqual(
            "EnableCheckpointing is false and SavingCheckpoint saves checkpoints. Remove the callback, or set EnableCheckpointing to true.",
            error.Message);
    }

    [TestMethod]
    public void Constructor_TwoStatesUnderOneKey_NamesTheKey()
    {
        var error = Assert.ThrowsExactly<InvalidOperationException>(() => new Trainer(
            new SingleDeviceStrategy(new InMemoryCheckpointIO()),
            callbacks: [new SavingCheckpoint(), new SavingCheckpoint()]));

        Assert.Contains("'saving'", error.Message);
        Assert.Contains("StateKey", error.Message);
    }

    private sealed class SkippingCallback(int epoch, int batch) : Callback
    {
        public override void OnTrainBatchStart(OnTrainBatchStartArguments arguments)
        {
            if (arguments.Trainer.CurrentEpoch == epoch && arguments.BatchIndex == batch)
            {
                arguments.SkipRestOfEpoch();
            }
        }
    }
}
