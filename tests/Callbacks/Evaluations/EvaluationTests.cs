using System.Globalization;

namespace Fulgurite.Tests.Callbacks.Evaluations;

/// <summary>Evaluations between fits, and callbacks that have seen none: nothing that a fit left may change.</summary>
[TestClass]
public sealed class EvaluationTests : IDisposable
{
    private readonly StringWriter _screen = new(CultureInfo.InvariantCulture) { NewLine = "\n" };

    public void Dispose() => _screen.Dispose();

    [TestMethod]
    public void Evaluate_AfterAFit_LeavesTheResultsOfTheFit()
    {
        var stopping = new EarlyStopping(new() { Patience = 5 });
        var timer = new TrainingTimer(new() { Duration = TimeSpan.FromDays(1) }, new FakeTimeProvider());
        using var averaging = new ExponentialMovingAverage(new() { Decay = 0.5 });
        using var swa = new StochasticWeightAveraging(new() { StartEpoch = 1 });
        var finetuning = new BackboneFinetuning(new() { UnfreezeAtEpoch = 1 });
        var rollback = new Rollback();
        var checkpoint = new ModelCheckpoint(new() { DirPath = "mem://run", Monitor = "val_loss" });
        using var best = new BestInMemoryCheckpoint(new() { DirPath = "mem://run", Monitor = "val_loss" });
        var io = new InMemoryCheckpointIO();
        using var module = new NormModule { Setup = module => optim.SGD(ModuleFreezer.TrainedParameters(module), 0.01) };
        var trainer = new Trainer(
            new SingleDeviceStrategy(io), new TrainerOptions { MaxEpochs = 3 },
            [
                stopping, timer, averaging, swa, finetuning, rollback, checkpoint, best,
                new ProgressView(new() { ShowModel = false }, new ProgressTerminal(_screen), new FakeTimeProvider()),
                new ProgressLine(_screen, null, new FakeTimeProvider()),
            ]);
        trainer.Fit(module, new NumberedData(4), new NumberedData(1));
        var before = (
            stopping.WaitCount, stopping.BestScore, averaging.AveragedCount, swa.AveragedCount, finetuning.LearningRate,
            checkpoint.BestModelPath, checkpoint.BestModelScore, best.BestModelScore, io.Writes, module.Values("head.weight")[0]);
        var shown = _screen.ToString();

        trainer.Validate(module, new NumberedData(2));
        Assert.IsNull(finetuning.StateDict(), "nothing of an evaluation");

        var after = (
            stopping.WaitCount, stopping.BestScore, averaging.AveragedCount, swa.AveragedCount, finetuning.LearningRate,
            checkpoint.BestModelPath, checkpoint.BestModelScore, best.BestModelScore, io.Writes, module.Values("head.weight")[0]);
        Assert.AreEqual(before, after);
        Assert.AreEqual(shown, _screen.ToString(), "no line of a run");
        Assert.IsFalse(averaging.IsSwapped);
    }

    [TestMethod]
    public void Fit_SanityValidation_CountsForNothing()
    {
        var stopping = new EarlyStopping(new() { Patience = 2 });
        using var averaging = new ExponentialMovingAverage(new() { Decay = 0.5 });
        var checkpoint = new ModelCheckpoint(new() { DirPath = "mem://run", Monitor = "val_loss" });
        using var best = new BestInMemoryCheckpoint(new() { DirPath = "mem://run", Monitor = "val_loss" });
        var failing = new OnExceptionCheckpoint(new() { DirPath = "mem://run" });
        var view = new ProgressView(
            new() { ShowModel = false, ShowSummary = false }, new ProgressTerminal(_screen), new FakeTimeProvider());
        using var module = new ScriptedModule(0.1, 0.5, 0.4) { ShowLoss = true };

        new Trainer(
            new SingleDeviceStrategy(new InMemoryCheckpointIO()), new TrainerOptions { MaxEpochs = 2, SanityValidationSteps = 1 },
            [stopping, averaging, checkpoint, best, failing, view])
            .Fit(module, ScriptedModule.Data(2), ScriptedModule.Data(1));

        Assert.AreEqual(0.4, stopping.BestScore, "0.1 is the loss before training");
        Assert.AreEqual(0.4, checkpoint.BestModelScore);
        Assert.AreEqual(0.4, best.BestModelScore);
        Assert.AreEqual(4, averaging.AveragedCount);
        Assert.HasCount(2, _screen.ToString().TrimEnd('\n').Split('\n'));
    }

    [TestMethod]
    public void Fit_FailsInTheSanityValidation_SavesNothing()
    {
        var io = new InMemoryCheckpointIO();
        var saving = new ModelCheckpoint(new() { DirPath = "mem://run", SaveLast = true, SaveOnException = true });
        var failing = new OnExceptionCheckpoint(new() { DirPath = "mem://run" });
        using var best = new BestInMemoryCheckpoint(new() { DirPath = "mem://run", Monitor = "val_loss" });
        var broken = new LambdaCallback().On<OnValidationBatchEndArguments>(_ => throw new InvalidDataException("broken"));
        using var module = new ScriptedModule(0.1);
        var trainer = new Trainer(
            new SingleDeviceStrategy(io), new TrainerOptions { MaxEpochs = 2, SanityValidationSteps = 1 },
            [saving, failing, best, broken]);

        Assert.ThrowsExactly<InvalidDataException>(() => trainer.Fit(module, ScriptedModule.Data(2), ScriptedModule.Data(1)));

        Assert.IsEmpty(io.Paths);
        Assert.IsNull(failing.LastModelPath);
        Assert.IsFalse(best.HasBest);
    }

    [TestMethod]
    public void Properties_BeforeAnyFit_AreEmpty()
    {
        var checkpoint = new ModelCheckpoint(new() { Monitor = "val_loss" });
        using var best = new BestInMemoryCheckpoint(new() { Monitor = "val_loss" });

        Assert.IsNull(checkpoint.BestModelPath);
        Assert.IsNull(checkpoint.BestModelScore);
        Assert.IsNull(checkpoint.LastModelPath);
        Assert.IsNull(checkpoint.CurrentScore);
        Assert.IsNull(checkpoint.KthBestModelPath);
        Assert.IsNull(checkpoint.Durability);
        Assert.IsEmpty(checkpoint.BestKModels);
        Assert.AreEqual(0L, checkpoint.LastGlobalStepSaved);
        Assert.IsEmpty(checkpoint.StateDict());
        Assert.Contains("no directory on this machine", Assert.ThrowsExactly<InvalidOperationException>(() => checkpoint.ToYaml()).Message);
        Assert.IsFalse(best.HasBest);
        Assert.IsNull(best.BestModelPath);
        Assert.IsNull(best.BestModelScore);
        Assert.IsNull(best.ShareBestState());
        Assert.AreEqual(0L, best.ByteLength);
        Assert.IsNull(new BackboneFinetuning().StateDict());
        Assert.IsNull(new OnExceptionCheckpoint().LastModelPath);
    }

    [TestMethod]
    public void OnCheckpoint_OfAnotherCallbackBeforeAnyFit_IsIgnored()
    {
        // A callback that is added to a trainer which saves by itself.
        var checkpoint = new ModelCheckpoint(new() { Monitor = "val_loss" });
        using var best = new BestInMemoryCheckpoint(new() { Monitor = "val_loss" });
        var io = new InMemoryCheckpointIO();
        using var module = new ScriptedModule(0.1);
        var trainer = new Trainer(new SingleDeviceStrategy(io), new TrainerOptions { MaxEpochs = 1, EnableCheckpointing = false });
        trainer.Fit(module, ScriptedModule.Data(1));
        var source = new SaveOperationSource("mem://other.ckpt");
        source.TrySetDurable(1, TimeSpan.Zero, TimeSpan.Zero);

        checkpoint.OnCheckpointDurable(new OnCheckpointDurableArguments(trainer, module, source.Operation));
        checkpoint.OnCheckpointDropped(new OnCheckpointDroppedArguments(trainer, module, source.Operation));
        best.OnCheckpointDurable(new OnCheckpointDurableArguments(trainer, module, source.Operation));
        best.OnCheckpointDropped(new OnCheckpointDroppedArguments(trainer, module, source.Operation));

        Assert.IsNull(checkpoint.LastModelPath);
        Assert.IsNull(best.BestModelPath);
    }
}
