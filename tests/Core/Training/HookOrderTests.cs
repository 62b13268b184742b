using Fulgurite.Strategies;
using Fulgurite.Tests.Core.Doubles;

namespace Fulgurite.Tests.Core.Training;

[TestClass]
public sealed class HookOrderTests
{
    [TestMethod]
    public void Fit_OneEpochWithValidation_RunsHooksInTheDocumentedOrder()
    {
        var hooks = new List<string>();
        var trainer = new Trainer(
            new SingleDeviceStrategy(new MemoryCheckpointIO()),
            new TrainerOptions { MaxEpochs = 1, AccumulateGradBatches = 2, ValidationInterval = 2 },
            [new RecordingCallback(hooks)]);
        using var module = new SmallModule { Hooks = hooks };

        trainer.Fit(module, new SmallData(2), new SmallData(1));

        Assert.AreSequenceEqual(
            new[]
            {
                "callback.OnFitStart", "module.OnFitStart", "callback.OnTrainStart",
                "callback.OnTrainEpochStart", "module.OnTrainEpochStart",
                "callback.OnTrainBatchStart", "module.TrainingStep", "callback.OnTrainBatchEnd",
                "callback.OnTrainBatchStart", "module.TrainingStep", "callback.OnBeforeOptimizerStep", "callback.OnTrainBatchEnd",
                "callback.OnValidationStart", "module.OnValidationStart",
                "module.ValidationStep", "callback.OnValidationBatchEnd",
                "module.OnValidationEpochEnd", "callback.OnValidationEnd",
                "callback.OnTrainEpochEnd", "module.OnTrainEpochEnd",
                "callback.OnTrainEnd", "callback.OnFitEnd",
            },
            hooks);
    }

    [TestMethod]
    public void Fit_CheckpointCallbackAddedFirst_RunsLast()
    {
        var hooks = new List<string>();
        var checkpoint = new SavingCheckpoint();
        var plain = new RecordingCallback(hooks);
        var trainer = new Trainer(new SingleDeviceStrategy(new MemoryCheckpointIO()), callbacks: [checkpoint, plain]);

        Assert.AreSequenceEqual(new Fulgurite.Callbacks.Callback[] { plain, checkpoint }, trainer.Callbacks);
        Assert.AreSame(checkpoint, trainer.CheckpointCallback);
    }

    [TestMethod]
    public void Constructor_CheckpointsDisabledAndOneSaves_SaysWhatToDo()
    {
        var error = Assert.ThrowsExactly<InvalidOperationException>(() => new Trainer(
            new SingleDeviceStrategy(new MemoryCheckpointIO()),
            new TrainerOptions { EnableCheckpointing = false },
            [new SavingCheckpoint()]));

        Assert.AreEqual("EnableCheckpointing is false and SavingCheckpoint saves checkpoints. Remove the callback, or set EnableCheckpointing to true.", error.Message);
    }

    [TestMethod]
    public void Constructor_TwoStatesUnderOneKey_NamesTheKey()
    {
        var error = Assert.ThrowsExactly<InvalidOperationException>(() => new Trainer(
            new SingleDeviceStrategy(new MemoryCheckpointIO()),
            callbacks: [new SavingCheckpoint(), new SavingCheckpoint()]));

        Assert.Contains("'saving'", error.Message);
        Assert.Contains("StateKey", error.Message);
    }
}
