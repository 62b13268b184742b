namespace Fulgurite.Tests.Core.Training;

/// <summary>Saves between the end of a fit and the next one.</summary>
[TestClass]
public sealed class SaveAfterFitTests
{
    [TestMethod]
    public void SaveCheckpoint_AfterTheFit_EqualsTheLastCheckpointOfTheFit()
    {
        var storage = new InMemoryCheckpointIO();
        var saving = new LambdaCallback().On<OnFitEndArguments>(arguments => arguments.Trainer.SaveCheckpoint("end.ckpt"));
        using var trainer = TrainerOf(storage, epochs: 2, saving);
        using var module = new SmallModule();
        trainer.Fit(module, new SmallData(3), new SmallData(2));
        rand(7).Dispose(); // The program goes on to draw random numbers.

        var operation = trainer.SaveCheckpoint("after.ckpt");

        Assert.AreEqual(CheckpointOutcome.Durable, operation.Outcome);
        Assert.AreEqual(6, operation.GlobalStep);
        Assert.AreEqual(0, trainer.PendingCheckpoints);
        Assert.IsEmpty(trainer.Optimizers);
        StateAssert.HaveSameValues(storage["end.ckpt"], storage["after.ckpt"]);
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Fit_ResumedFromASaveAfterTheFit_EqualsAnUninterruptedFit(bool evaluates)
    {
        var storage = new InMemoryCheckpointIO();
        var expected = Losses(storage, epochs: 4, resume: null, _ => { });
        var before = Losses(storage, epochs: 2, resume: null, trainer =>
        {
            if (evaluates)
            {
                using var other = new SmallModule();
                trainer.Test(other, new SmallData(2));
            }

            trainer.SaveCheckpoint("after.ckpt");
        });

        var after = Losses(storage, epochs: 4, "after.ckpt", _ => { });

        Assert.AreSequenceEqual(expected, [.. before, .. after]);
    }

    [TestMethod]
    public void SaveCheckpoint_StoppedWithinAWindow_ContainsItsGradients()
    {
        var storage = new InMemoryCheckpointIO();
        var options = new TrainerOptions { MaxEpochs = 1, AccumulateGradBatches = 2 };
        var stopping = new LambdaCallback().On<OnTrainBatchEndArguments>(arguments => arguments.Trainer.RequestStop());
        using var trainer = new Trainer(new SingleDeviceStrategy(storage), options, [stopping]);
        using var module = new SmallModule();
        trainer.Fit(module, new SmallData(4));

        trainer.SaveCheckpoint("after.ckpt");

        var accumulated = storage["after.ckpt"].Find("fulgurite.progress")!.AsMap()["accumulated"].AsInteger();
        Assert.AreEqual(accumulated > 0, storage["after.ckpt"].Find("fulgurite.gradients") is StateMap { Count: > 0 });
        Assert.AreEqual(1, accumulated);
    }

    [TestMethod]
    public void SaveCheckpoint_FailsAfterTheFit_ThrowsThisFailureOnly()
    {
        var io = new FlakyCheckpointIO(
            new InMemoryCheckpointIO(), (path, save) => save == 1 ? new CheckpointException("The disk is full.", path) : null);
        using var trainer = TrainerOf(io, epochs: 1);
        using var module = new SmallModule();
        trainer.Fit(module, new SmallData(3));

        Assert.ThrowsExactly<CheckpointException>(() => trainer.SaveCheckpoint("first.ckpt"));

        Assert.AreEqual(CheckpointOutcome.Durable, trainer.SaveCheckpoint("second.ckpt").Outcome);
        Assert.AreEqual(1, trainer.CheckpointCosts.Failed);
    }

    [TestMethod]
    public void SaveCheckpoint_TrainerIsDisposed_IsAClearError()
    {
        var trainer = TrainerOf(new InMemoryCheckpointIO(), epochs: 1);
        using var module = new SmallModule();
        trainer.Fit(module, new SmallData(3));
        trainer.Dispose();

        var error = Assert.ThrowsExactly<ObjectDisposedException>(() => trainer.SaveCheckpoint("after.ckpt"));

        Assert.Contains("Save before disposing it", error.Message);
    }

    [TestMethod]
    public void Fit_TrainerIsDisposed_IsAClearError()
    {
        var trainer = TrainerOf(new InMemoryCheckpointIO(), epochs: 1);
        using var module = new SmallModule();
        trainer.Dispose();

        var error = Assert.ThrowsExactly<ObjectDisposedException>(() => trainer.Fit(module, new SmallData(3)));

        Assert.Contains("The trainer is disposed. Create another one", error.Message);
        Assert.ThrowsExactly<ObjectDisposedException>(() => trainer.Validate(module, new SmallData(3)));
    }

    [TestMethod]
    public void SaveCheckpoint_ModuleIsDisposed_IsAClearError()
    {
        using var trainer = TrainerOf(new InMemoryCheckpointIO(), epochs: 1);
        using (var module = new SmallModule())
        {
            trainer.Fit(module, new SmallData(3));
        }

        var error = Assert.ThrowsExactly<InvalidOperationException>(() => trainer.SaveCheckpoint("after.ckpt"));

        Assert.Contains("the module 'SmallModule' of the last fit is disposed", error.Message);
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void SaveCheckpoint_FailedFitOrOtherWeights_SaysThatThereIsNothing(bool fails)
    {
        var saving = new LambdaCallback().On<OnFitEndArguments>(arguments => arguments.Trainer.SaveCheckpoint("end.ckpt"));
        var failing = new LambdaCallback().On<OnTrainEndArguments>(_ => throw new InvalidDataException());
        using var trainer = TrainerOf(new InMemoryCheckpointIO(), epochs: 1, fails ? failing : saving);
        using var module = new SmallModule();
        if (fails)
        {
            Assert.ThrowsExactly<InvalidDataException>(() => trainer.Fit(module, new SmallData(3)));
        }
        else
        {
            trainer.Fit(module, new SmallData(3));
            trainer.Test(module, new SmallData(2), "end.ckpt");
        }

        var error = Assert.ThrowsExactly<InvalidOperationException>(() => trainer.SaveCheckpoint("after.ckpt"));

        Assert.StartsWith("There is nothing to save", error.Message);
    }

    [TestMethod]
    public void Optimizers_OfTheLastFit_AreDisposedWithTheNextFitAndTheTrainer()
    {
        List<CountedOptimizer> optimizers = [];
        using var module = new SmallModule(parameters =>
        {
            optimizers.Add(new CountedOptimizer(parameters));
            return optimizers[^1];
        });
        var trainer = TrainerOf(new InMemoryCheckpointIO(), epochs: 1);
        trainer.Fit(module, new SmallData(3));
        Assert.AreEqual(0, optimizers[0].Disposals, "a save may follow");

        trainer.Fit(module, new SmallData(3));
        Assert.AreEqual(1, optimizers[0].Disposals);

        trainer.Dispose();
        trainer.Dispose();
        Assert.AreEqual(1, optimizers[1].Disposals);
    }

    private static Trainer TrainerOf(CheckpointIO io, int epochs, params Callback[] callbacks) =>
        new(new SingleDeviceStrategy(io), new TrainerOptions { MaxEpochs = epochs }, callbacks);

    private static List<double> Losses(CheckpointIO io, int epochs, string? resume, Action<Trainer> afterwards)
    {
        manual_seed(11);
        using var trainer = TrainerOf(io, epochs);
        using var module = new SmallModule();
        manual_seed(resume is null ? 12 : 13);
        trainer.Fit(module, new SmallData(3), checkpointPath: resume);
        afterwards(trainer);
        return module.Losses;
    }

    private sealed class CountedOptimizer(IEnumerable<Parameter> parameters) : TorchSharp.Modules.SGD(parameters, 0.1)
    {
        public int Disposals { get; private set; }

        protected override void Dispose(bool disposing)
        {
            Disposals++;
            base.Dispose(disposing);
        }
    }
}
