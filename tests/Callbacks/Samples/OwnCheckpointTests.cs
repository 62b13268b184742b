using OwnCheckpoint;

namespace Fulgurite.Tests.Callbacks.Samples;

/// <summary>samples/OwnCheckpoint: a subclass of <see cref="Checkpoint"/> of ten lines.</summary>
[TestClass]
public sealed class OwnCheckpointTests(TestContext context)
{
    private string Folder => context.TestTempDirectory ?? throw new InvalidOperationException("No folder for this test.");

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

    [TestMethod]
    public void Fit_AfterARestart_GoesOnWhereItStopped()
    {
        Assert.AreEqual(6, FitOnFiles(epochs: 3).GlobalStep, "the first run has nothing to resume from");

        // Files that are not checkpoints, and one of the same extension that is corrupt.
        File.WriteAllText(Path.Combine(Folder, "metrics.csv"), "step,loss");
        File.WriteAllText(Path.Combine(Folder, "broken.ckpt"), "PK");
        var log = new CollectingLogger(LogLevel.Warning);
        var result = FitOnFiles(epochs: 5, log);

        Assert.AreEqual(10, result.GlobalStep);
        Assert.AreEqual(2, result.Checkpoints.Saves, "two epochs were left");
        Assert.HasCount(1, log.Messages);
        Assert.Contains("broken.ckpt is corrupt and is skipped", log.Messages[0]);
    }

    [TestMethod]
    [DataRow("elsewhere", ".ckpt")]
    [DataRow("", ".weights")]
    public void Fit_SavesWhereARestartDoesNotLook_WarnsOnce(string folder, string extension)
    {
        var log = new CollectingLogger(LogLevel.Warning);
        using var strategy = new SingleDeviceStrategy(new InMemoryCheckpointIO());
        using var module = new PolicyModule();
        var checkpoint = new PathCheckpoint(Path.Combine(Folder, folder), extension);

        new Trainer(
            strategy, new TrainerOptions { MaxEpochs = 3, DefaultRootDirectory = Folder }, [checkpoint], loggerFactory: log)
            .Fit(module, PolicyModule.Data(2));

        Assert.HasCount(1, log.Messages);
        Assert.Contains("Override GetDirectory, or FindLast", log.Messages[0]);
        Assert.Contains(Path.Combine(Folder, folder, "1" + extension), log.Messages[0]);
    }

    [TestMethod]
    [DataRow(null, 5)]
    [DataRow("last", 2)]
    public void Fit_InterruptedAndNobodySaves_SaysHowManyStepsAreLost(string? resume, int stepsOfTheRun)
    {
        var log = new CollectingLogger(LogLevel.Warning);
        using var strategy = new SingleDeviceStrategy(new InMemoryCheckpointIO());
        using var module = new PolicyModule();
        using var stop = new CancellationTokenSource();
        var data = PolicyModule.Data(3);
        if (resume is not null)
        {
            new Trainer(strategy, new TrainerOptions { MaxEpochs = 1 }, [new EpochCheckpoint()]).Fit(module, data);
        }

        var stopping = new HookCallback
        {
            BeforeStep = () =>
            {
                if (--stepsOfTheRun == 0)
                {
                    stop.Cancel();
                }
            },
        };
        var result = new Trainer(strategy, new TrainerOptions { MaxEpochs = 9 }, [stopping, new EpochCheckpoint()], loggerFactory: log)
            .Fit(module, data, checkpointPath: resume, cancellationToken: stop.Token);

        Assert.IsTrue(result.IsInterrupted);
        Assert.AreEqual(5, result.GlobalStep);
        Assert.HasCount(1, log.Messages);
        Assert.Contains("2 steps since step 3 are not saved", log.Messages[0]);
        Assert.Contains("AddOnExceptionCheckpoint", log.Messages[0]);
    }

    private FitResult FitOnFiles(int epochs, CollectingLogger? log = null)
    {
        // Everything is new, as in another process.
        using var strategy = new SingleDeviceStrategy(new TorchCheckpointIO());
        using var module = new PolicyModule();
        using var trainer = new Trainer(
            strategy, new TrainerOptions { MaxEpochs = epochs, DefaultRootDirectory = Folder }, [new EpochCheckpoint()],
            loggerFactory: log);
        return trainer.Fit(module, PolicyModule.Data(2), checkpointPath: global::Fulgurite.Resume.IfPossible);
    }

    private sealed class PathCheckpoint(string folder, string extension) : Checkpoint
    {
        public override void OnTrainEpochEnd(OnTrainEpochEndArguments arguments) =>
            Save(arguments.Trainer, weightsOnly: false, (Path.Combine(folder, $"{arguments.Trainer.CurrentEpoch}{extension}"), null));
    }
}
