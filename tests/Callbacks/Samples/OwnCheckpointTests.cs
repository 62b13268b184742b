using OwnCheckpoint;

namespace Fulgurite.Tests.Callbacks.Samples;

/// <summary>samples/OwnCheckpoint: a subclass of <see cref="Checkpoint"/> of ten lines.</summary>
[TestClass]
public sealed class OwnCheckpointTests
{
    [TestMethod]
    public async Task Composed_TakesThePlaceOfTheDefaultAndSaves()
    {
        var store = new InMemoryCheckpointIO();
        await using var trainer = Trainer.Create(b => b
            .AddCheckpointIO(store)
            .AddCallback<EpochCheckpoint>()
            .Configure(o => (o.MaxEpochs, o.DefaultRootDirectory) = (3, "runs")));
        using var module = new PolicyModule();
        Assert.IsNull(trainer.FindLastCheckpoint());

        trainer.Fit(module, PolicyModule.Data(2));

        Assert.AreEqual(Path.Combine("runs", "epoch-3.ckpt"), trainer.FindLastCheckpoint());
        Assert.IsInstanceOfType<EpochCheckpoint>(trainer.CheckpointCallbacks.Single(), "recognised, so that there is no default one");
        Assert.AreSequenceEqual([.. Enumerable.Range(1, 3).Select(epoch => Path.Combine("runs", $"epoch-{epoch}.ckpt"))], store.Paths);
        Assert.AreEqual(Path.Combine("runs", "epoch-3.ckpt"), trainer.CheckpointCallback!.LastModelPath);
        Assert.AreEqual(3, trainer.CheckpointCosts.Durable);
    }

    [TestMethod]
    public void Fit_FromItsLast_GoesOn()
    {
        var store = new InMemoryCheckpointIO();
        using var strategy = new SingleDeviceStrategy(store);
        using var module = new PolicyModule();
        var callback = new EpochCheckpoint();
        new Trainer(strategy, new TrainerOptions { MaxEpochs = 2 }, [callback]).Fit(module, PolicyModule.Data(2));

        var result = new Trainer(
            strategy, new TrainerOptions { MaxEpochs = 3 }, [callback]).Fit(module, PolicyModule.Data(2), checkpointPath: "last");

        Assert.AreEqual(6, result.GlobalStep);
    }

    [TestMethod]
    public void FindLastCheckpoint_OfARunThatOnlyTries_IsNull()
    {
        var store = new InMemoryCheckpointIO();
        using var strategy = new SingleDeviceStrategy(store);
        using var module = new PolicyModule();
        var callback = new EpochCheckpoint();
        new Trainer(strategy, new TrainerOptions { MaxEpochs = 1 }, [callback]).Fit(module, PolicyModule.Data(2));

        Assert.IsNotNull(new Trainer(strategy, new TrainerOptions(), [callback]).FindLastCheckpoint());
        Assert.IsNull(new Trainer(strategy, new TrainerOptions { FastDevRun = 1 }, [callback]).FindLastCheckpoint());
    }
}
