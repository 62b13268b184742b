using Fulgurite.IO;
using static Fulgurite.Tests.Strategies.ShardedRanks;

namespace Fulgurite.Tests.Strategies;

/// <summary>Trainings whose processes, here threads, all write their parts of the checkpoints.</summary>
[TestClass]
public sealed class ShardedRanksFitTests(TestContext context)
{
    private string Folder => context.TestTempDirectory ?? throw new InvalidOperationException("No folder for this test.");

    [TestMethod]
    [DataRow(2)]
    [DataRow(1)]
    public void Fit_WithModelCheckpoint_RotatesFoldersAndResumes(int later)
    {
        var whole = Fit(2, "whole", 4, null);
        Fit(2, "parts", 2, null);

        // By its path: the checkpoint of the epoch is as new, and what a run has resumed from stays.
        var resumed = Fit(later, "parts", 4, Path.Combine(Folder, "parts", "last.ckpt"));

        // Step by step the same; with another number of processes, sums differ by rounding.
        for (var index = 0; index < whole.Length; index++)
        {
            Assert.AreEqual(whole[index], resumed[index], later == 2 ? 0 : 1e-5f);
        }

        var folders = Directory.GetDirectories(Path.Combine(Folder, "parts"), "*.ckpt");
        Assert.HasCount(3, folders, string.Join('\n', folders));
        foreach (var folder in folders)
        {
            Assert.IsTrue(File.Exists(Path.Combine(folder, "model.safetensors.index.json")), folder);
        }
    }

    [TestMethod]
    public void Fit_FromASingleFile_ContinuesWithFoldersOfOtherNames()
    {
        var directory = Path.Combine(Folder, "run");
        var file = Path.Combine(directory, "last.ckpt");
        using (var strategy = new SingleDeviceStrategy(new TorchCheckpointIO()))
        {
            FitEpochs(strategy, 0, 1, directory, 2, null);
        }

        var before = File.ReadAllBytes(file);
        Run(2, new LocalStorage(), (strategy, rank) => FitEpochs(strategy, rank, 2, directory, 4, file));
        CollectionAssert.AreEqual(before, File.ReadAllBytes(file));
        Assert.IsTrue(Directory.Exists(Path.Combine(directory, "last-v1.ckpt")));

        Run(2, new LocalStorage(), (strategy, rank) => FitEpochs(strategy, rank, 2, directory, 5, "last"));
        using var io = new SingleDeviceStrategy(new ShardedCheckpointIO());
        using var loaded = io.LoadCheckpoint(Path.Combine(directory, "last-v1.ckpt"), null);
        Assert.AreEqual(5 * 4, ((StateInteger)loaded[CheckpointKeys.GlobalStep]).Value);
    }

    [TestMethod]
    public void Fit_EndsEarlyAndAPartIsLate_TheNewestStateIsThere()
    {
        var storage = new MemoryStorage();
        GatedCheckpointIO gate = null!;
        Run(2, storage, (strategy, rank) =>
        {
            using var module = new WideModule { OnStep = step => { if (step == 3) { throw new IOException("The data is gone."); } } };
            List<SaveOperation> operations = [];
            var saving = new SaveAtException(trainer => operations = SaveLastAndBest(
                strategy, (state, path, options) => trainer.SaveCheckpoint(state, path, options), rank, gate));
            using var trainer = new Trainer(
                strategy, new TrainerOptions { MaxEpochs = 3, DrainTimeout = TimeSpan.FromMinutes(1) }, [saving],
                timeProvider: rank == 1 ? new ElapsedTime() : null);
            Assert.Throws<IOException>(() => trainer.Fit(module, Data(rank, 2)));

            Assert.HasCount(2, operations);
            Assert.AreEqual(CheckpointOutcome.Durable, operations[0].Outcome, operations[0].Failure?.Message);
            Assert.AreEqual(CheckpointOutcome.Failed, operations[1].Outcome);
            if (rank == 1)
            {
                gate.Open();
            }
        },
        wrap: (io, rank) => rank == 1 ? gate = new GatedCheckpointIO(io) : io);

        Assert.AreEqual(3, StepIn(storage));
    }

    [TestMethod]
    public void Fit_OneRankThrows_SavesUnderWayAreCommitted()
    {
        Run(2, new LocalStorage(), (strategy, rank) =>
        {
            using var module = new WideModule
            {
                OnStep = step => { if (step == 6 && rank == 1) { throw new IOException("The data is gone."); } },
            };
            var saving = new ModelCheckpoint(
                new ModelCheckpointOptions { DirPath = Folder, EveryNTrainSteps = 1, SaveTopK = 0, SaveLast = true });
            using var trainer = new Trainer(strategy, new TrainerOptions { MaxEpochs = 3 }, [saving]);
            Assert.Throws<Exception>(() => trainer.Fit(module, Data(rank, 2)));
        });

        using var io = new SingleDeviceStrategy(new ShardedCheckpointIO());
        using var loaded = io.LoadCheckpoint(Path.Combine(Folder, "last.ckpt"), null);
        Assert.AreEqual(6, ((StateInteger)loaded[CheckpointKeys.GlobalStep]).Value);
    }

    [TestMethod]
    [Timeout(60_000)]
    [DataRow(1)]
    [DataRow(5)]
    public void Fit_OneRankThrowsBeforeItSaves_TheSaveOfTheOthersFails(int firstSave)
    {
        var failures = new List<CheckpointException?>[] { [], [] };
        Run(2, new LocalStorage(), (strategy, rank) =>
        {
            using var module = new WideModule();
            var throwing = new LambdaCallback().On<OnTrainBatchEndArguments>(
                hook => { if (hook.Trainer.GlobalStep == 6 && rank == 1) { throw new IOException("The data is gone."); } });
            var saving = new LambdaCallback()
                .On<OnTrainBatchEndArguments>(hook =>
                {
                    if (hook.Trainer.GlobalStep >= firstSave)
                    {
                        hook.Trainer.SaveCheckpoint(Path.Combine(Folder, "last.ckpt"));
                    }
                })
                .On<OnCheckpointDroppedArguments>(hook => failures[rank].Add(hook.Operation.Failure));
            using var trainer = new Trainer(strategy, new TrainerOptions { MaxEpochs = 3 }, [throwing, saving]);
            Assert.Throws<Exception>(() => trainer.Fit(module, Data(rank, 2)));
        });

        Assert.IsEmpty(failures[1]);
        Assert.HasCount(1, failures[0]);
        Assert.Contains("The run failed before all processes had saved it.", failures[0][0]!.Message);
        using var io = new SingleDeviceStrategy(new ShardedCheckpointIO());
        using var loaded = io.LoadCheckpoint(Path.Combine(Folder, "last.ckpt"), null);
        Assert.AreEqual(5, ((StateInteger)loaded[CheckpointKeys.GlobalStep]).Value);
    }

    /// <summary>The rank that had made a save of its own took other identifiers than the others from then on.</summary>
    [TestMethod]
    [Timeout(60_000)]
    public void Fit_AllRanksThrowAndOneBeforeItSaves_TheNextSaveIsDurable()
    {
        var outcomes = new (CheckpointOutcome Outcome, string? Failure)[2];
        Run(2, new LocalStorage(), (strategy, rank) =>
        {
            using var module = new WideModule();
            LambdaCallback Throwing(int thrower) => new LambdaCallback().On<OnTrainBatchEndArguments>(
                hook => { if (hook.Trainer.GlobalStep == 6 && rank == thrower) { throw new IOException("The data is gone."); } });
            var saving = new LambdaCallback().On<OnTrainBatchEndArguments>(
                hook => hook.Trainer.SaveCheckpoint(Path.Combine(Folder, "last.ckpt")));
            SaveOperation? last = null;
            var atEnd = new SaveAtException(trainer => last = trainer.SaveCheckpoint(Path.Combine(Folder, "end.ckpt")));
            using var trainer = new Trainer(
                strategy, new TrainerOptions { MaxEpochs = 3 }, [Throwing(1), saving, Throwing(0), atEnd]);
            Assert.Throws<IOException>(() => trainer.Fit(module, Data(rank, 2)));
            outcomes[rank] = (last!.Outcome, last.Failure?.Message);
        });

        Assert.AreEqual(CheckpointOutcome.Durable, outcomes[0].Outcome, outcomes[0].Failure);
        Assert.AreEqual(CheckpointOutcome.Durable, outcomes[1].Outcome, outcomes[1].Failure);
        using var io = new SingleDeviceStrategy(new ShardedCheckpointIO());
        using var loaded = io.LoadCheckpoint(Path.Combine(Folder, "end.ckpt"), null);
        Assert.AreEqual(6, ((StateInteger)loaded[CheckpointKeys.GlobalStep]).Value);
    }

    /// <summary>A save that all had made failed if one of them threw before the next step boundary.</summary>
    [TestMethod]
    [Timeout(60_000)]
    [DataRow(1)]
    [DataRow(0)]
    public void Fit_RanksThrowAfterAllHaveSaved_TheSaveIsDurable(int first)
    {
        Run(2, new LocalStorage(), (strategy, rank) =>
        {
            using var module = new WideModule();
            var saving = new LambdaCallback().On<OnTrainBatchEndArguments>(
                hook => hook.Trainer.SaveCheckpoint(Path.Combine(Folder, "last.ckpt")));
            var throwing = new LambdaCallback().On<OnTrainBatchEndArguments>(
                hook => { if (hook.Trainer.GlobalStep == 6 && rank >= first) { throw new IOException("The data is gone."); } });
            using var trainer = new Trainer(strategy, new TrainerOptions { MaxEpochs = 3 }, [saving, throwing]);
            Assert.Throws<Exception>(() => trainer.Fit(module, Data(rank, 2)));
        });

        using var io = new SingleDeviceStrategy(new ShardedCheckpointIO());
        using var loaded = io.LoadCheckpoint(Path.Combine(Folder, "last.ckpt"), null);
        Assert.AreEqual(6, ((StateInteger)loaded[CheckpointKeys.GlobalStep]).Value);
    }

    [TestMethod]
    public void Fit_PartsFailAndThePolicyIsToContinue_TrainsToTheEnd()
    {
        var results = new FitResult[2];
        var paths = new string?[2];
        Run(2, new LocalStorage(), (strategy, rank) =>
        {
            using var module = new WideModule();
            var saving = new ModelCheckpoint(new ModelCheckpointOptions { DirPath = Folder, SaveTopK = -1 });
            using var trainer = new Trainer(
                strategy, new TrainerOptions { MaxEpochs = 3, OnCheckpointFailure = CheckpointFailurePolicy.Continue }, [saving]);
            results[rank] = trainer.Fit(module, Data(rank, 2));
            paths[rank] = trainer.FindLastCheckpoint();
        },
        wrap: (io, rank) => new FlakyCheckpointIO(
            io,
            (path, _) => rank == 1 && path.Contains("epoch=1", StringComparison.Ordinal) ? new IOException("The disk is full.") : null));

        Assert.AreEqual(3, results[0].EpochsCompleted);
        Assert.AreEqual(3, results[1].EpochsCompleted);
        Assert.HasCount(2, Directory.GetDirectories(Folder, "*.ckpt"));
        Assert.Contains("epoch=2", paths[0]!);
    }

    private float[] Fit(int ranks, string name, int epochs, string? from)
    {
        var weights = new float[ranks][];
        Run(ranks, new LocalStorage(), (strategy, rank) =>
            weights[rank] = FitEpochs(strategy, rank, ranks, Path.Combine(Folder, name), epochs, from));
        Assert.AreSequenceEqual(weights[0], weights[^1]);
        return weights[0];
    }

    private static float[] FitEpochs(IStrategy strategy, int rank, int ranks, string directory, int epochs, string? from)
    {
        using var module = new WideModule();
        var saving = new ModelCheckpoint(
            new ModelCheckpointOptions { DirPath = directory, SaveTopK = 2, Monitor = "loss", SaveLast = true });
        using var trainer = new Trainer(strategy, new TrainerOptions { MaxEpochs = epochs }, [saving]);
        Assert.AreEqual(epochs, trainer.Fit(module, Data(rank, ranks), checkpointPath: from).EpochsCompleted);
        return module.Weights();
    }
}
