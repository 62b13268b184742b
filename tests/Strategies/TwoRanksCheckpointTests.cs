using Microsoft.Extensions.Time.Testing;
using static Fulgurite.Tests.Strategies.TwoRanks;

namespace Fulgurite.Tests.Strategies;

/// <summary>Two processes, each a thread, agree on checkpoints and scores; rank 0 writes.</summary>
[TestClass]
public sealed class TwoRanksCheckpointTests(TestContext context)
{
    private string Folder => context.TestTempDirectory ?? throw new InvalidOperationException("No folder for this test.");

    [TestMethod]
    public void Fit_TwoRanks_RankZeroWritesAndBothKnowAndResume()
    {
        var callbacks = new ModelCheckpoint[2];
        var results = new FitResult[2];
        foreach (var (epochs, from) in new[] { (3, (string?)null), (5, "last") })
        {
            Ranks.Run(2, new ProcessGroup(2), (strategy, rank) =>
            {
                using var module = new LineModule(start: rank);
                callbacks[rank] = new ModelCheckpoint(
                    new ModelCheckpointOptions { DirPath = Folder, Monitor = "val_loss", SaveTopK = 2, SaveLast = true });
                results[rank] = Fit(strategy, module, rank, new TrainerOptions { MaxEpochs = epochs }, from, callbacks[rank]);
            },
            rank => rank == 0
                ? new AsyncCheckpointIO(new TorchCheckpointIO())
                : new FlakyCheckpointIO(new TorchCheckpointIO(), (path, _) => new IOException($"Rank {rank} wrote {path}.")));
        }

        Assert.AreEqual(FitStatus.Completed, results[0].Status);
        Assert.AreEqual(5, results[1].EpochsCompleted);
        Assert.AreEqual(callbacks[0].BestModelPath, callbacks[1].BestModelPath);
        Assert.AreEqual(callbacks[0].BestModelScore, callbacks[1].BestModelScore);
        Assert.IsTrue(File.Exists(callbacks[0].BestModelPath));
        Assert.HasCount(3, Directory.GetFiles(Folder, "*.ckpt"));
    }

    [TestMethod]
    public void Fit_MetricOfAStepIsMonitored_BothRankByTheMean()
    {
        var scores = new double?[2];
        var paths = new string?[2];
        Ranks.Run(2, new ProcessGroup(2), (strategy, rank) =>
        {
            using var module = new LineModule(start: 3);
            var saving = new ModelCheckpoint(
                new ModelCheckpointOptions
                {
                    DirPath = "mem://run",
                    Monitor = "loss",
                    Filename = "{loss:F3}",
                    SaveTopK = 1,
                    EveryNTrainSteps = 1,
                });
            Fit(strategy, module, rank, new TrainerOptions { MaxEpochs = 3 }, saving: saving);
            (scores[rank], paths[rank]) = (saving.BestModelScore, saving.BestModelPath);
        });

        Assert.IsNotNull(scores[0]);
        Assert.AreEqual(scores[0], scores[1]);
        Assert.AreEqual(paths[0], paths[1]);
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Fit_MetricOfAStepIsMonitoredAtTheEndOfEpochs_BothRankByTheMean(bool inMemory)
    {
        var scores = new double?[2];
        Ranks.Run(2, new ProcessGroup(2), (strategy, rank) =>
        {
            using var module = new LineModule(start: 3) { LossOf = (epoch, loss) => rank == epoch % 2 ? loss * (epoch + 2) : loss };
            using var trainer = new Trainer(
                strategy, new TrainerOptions { MaxEpochs = 4 },
                [
                    inMemory
                        ? new BestInMemoryCheckpoint(new BestInMemoryOptions { DirPath = "mem://run", Monitor = "loss" })
                        : new ModelCheckpoint(new ModelCheckpointOptions { DirPath = "mem://run", Monitor = "loss", SaveTopK = 1 }),
                ]);
            trainer.Fit(module, Data(rank), Data(rank));
            scores[rank] = trainer.CheckpointCallbacks[0] switch
            {
                ModelCheckpoint saving => saving.BestModelScore,
                BestInMemoryCheckpoint best => best.BestModelScore,
                _ => null,
            };
        });

        Assert.IsNotNull(scores[0]);
        Assert.AreEqual(scores[0], scores[1]);
    }

    [TestMethod]
    public void Fit_BestInMemoryIsOldByOneClock_IsWrittenByAllAtOnce()
    {
        var paths = new string?[2];
        Ranks.Run(2, new ProcessGroup(2), (strategy, rank) =>
        {
            var clock = new FakeTimeProvider();
            using var module = new LineModule(start: 0) { OnStep = _ => clock.Advance(TimeSpan.FromSeconds(rank == 0 ? 10 : 1)) };
            using var best = new BestInMemoryCheckpoint(
                new BestInMemoryOptions { DirPath = "mem://run", WriteAfter = TimeSpan.FromSeconds(15) }, clock);
            using var trainer = new Trainer(strategy, new TrainerOptions { MaxEpochs = 3 }, [best], timeProvider: clock);
            trainer.Fit(module, Data(rank), Data(rank));
            paths[rank] = best.BestModelPath;
        });

        Assert.IsNotNull(paths[0]);
        Assert.AreEqual(paths[0], paths[1]);
    }

    [TestMethod]
    public void SaveCheckpoint_WithinAnEvaluation_EndsTheSaveAndNotTheRun()
    {
        var tearDowns = new int[2];
        var outcomes = new CheckpointOutcome[2];
        var group = new ProcessGroup(2);
        Ranks.Run(2, rank =>
        {
            using var strategy = new CountingStrategy(new AsyncCheckpointIO(new TorchCheckpointIO()), group, rank);
            using var module = new LineModule(start: 1);
            using var trainer = new Trainer(strategy, new TrainerOptions { MaxEpochs = 1, EnableCheckpointing = false });
            trainer.Fit(module, Data(rank));
            var before = strategy.TearDowns;
            module.OnValidation = batch =>
            {
                if (batch == 1)
                {
                    outcomes[rank] = trainer.SaveCheckpoint(Path.Combine(Folder, "within.ckpt")).Outcome;
                    tearDowns[rank] = strategy.TearDowns - before;
                }
            };
            trainer.Validate(module, Data(rank));
        });

        Assert.AreSequenceEqual([CheckpointOutcome.Durable, CheckpointOutcome.Durable], outcomes);
        Assert.AreSequenceEqual([0, 0], tearDowns);
        Assert.IsTrue(File.Exists(Path.Combine(Folder, "within.ckpt")));
    }

    [TestMethod]
    public void Fit_ResumedFromWhatIsNotThere_IsSaidByBoth()
    {
        var seen = new Exception?[2];
        Ranks.Run(2, new ProcessGroup(2), (strategy, rank) =>
        {
            using var module = new LineModule(start: 0);
            seen[rank] = Assert.Throws<CheckpointNotFoundException>(
                () => Fit(
                    strategy,
                    module,
                    rank,
                    new TrainerOptions { MaxEpochs = 1 },
                    "last",
                    new ModelCheckpoint(new ModelCheckpointOptions { DirPath = Folder })));
        });

        Assert.AreEqual(seen[0]!.Message, seen[1]!.Message);
    }

    [TestMethod]
    public void Save_AfterTheFirst_WaitsForNoOtherRank()
    {
        var group = new ProcessGroup(2);
        var exchanges = new int[3];
        Ranks.Run(2, group, (strategy, rank) =>
        {
            for (var save = 0; save < 3; save++)
            {
                strategy.Collectives.Barrier();
                var before = group.Exchanges;
                var operation = strategy.SaveCheckpoint(SampleStates.Small(save), $"mem://run/{save}", null);
                if (rank == 0)
                {
                    exchanges[save] = group.Exchanges - before;
                }

                strategy.EndSaves();
                Assert.AreEqual(CheckpointOutcome.Durable, operation.Outcome, operation.Failure?.Message);
            }
        });

        Assert.AreSequenceEqual([1, 0, 0], exchanges);
    }

    [TestMethod]
    public void Save_RankHasAnotherPathLater_TakesThatOfRankZero()
    {
        var paths = new string[2][];
        Ranks.Run(2, new ProcessGroup(2), (strategy, rank) =>
        {
            string Save(string path)
            {
                var operation = strategy.SaveCheckpoint(SampleStates.Small(1), path, null);
                var first = operation.Path;
                strategy.EndSaves();
                Assert.AreEqual(CheckpointOutcome.Durable, operation.Outcome, operation.Failure?.Message);
                return $"{first}, {operation.Path}";
            }

            paths[rank] = [Save("first"), Save($"second of {rank}"), Save($"third of {rank}")];
        });

        Assert.AreSequenceEqual(
            ["first, first", "second of 0, second of 0", "third of 0, third of 0"], paths[0]);
        Assert.AreSequenceEqual(
            ["first, first", "second of 1, second of 0", "third of 0, third of 0"], paths[1], "It is compared at the boundary.");
    }

    [TestMethod]
    public void Save_RanksMakeDifferentNumbersOfSaves_AllThrow() =>
        Ranks.Run(2, new ProcessGroup(2), (strategy, rank) =>
        {
            strategy.SaveCheckpoint(SampleStates.Small(1), "first", null);
            strategy.EndSaves();
            for (var save = 0; save <= rank; save++)
            {
                strategy.SaveCheckpoint(SampleStates.Small(1), "first", null);
            }

            var exception = Assert.ThrowsExactly<InvalidOperationException>(strategy.SettleCheckpoints);
            Assert.Contains("Rank 1 has made 2 saves since the last step boundary and rank 0 1", exception.Message);
        });

    [TestMethod]
    public void TearDown_RanksMadeDifferentNumbersOfSaves_TheFailureSaysSo() =>
        Ranks.Run(2, new ProcessGroup(2), (strategy, rank) =>
        {
            strategy.SaveCheckpoint(SampleStates.Small(1), "first", null);
            strategy.EndSaves();
            var saves = Enumerable.Range(0, rank + 1).Select(_ => strategy.SaveCheckpoint(SampleStates.Small(1), "first", null)).ToList();

            strategy.TearDown();

            Assert.IsTrue(saves.TrueForAll(save => save.Outcome == (rank == 0 ? CheckpointOutcome.Durable : CheckpointOutcome.Failed)));
            Assert.IsTrue(rank == 0 || saves[0].Failure!.Message.Contains("Rank 1 has made 2 saves", StringComparison.Ordinal));
        });

    /// <summary>Counts the ends of runs.</summary>
    private sealed class CountingStrategy(CheckpointIO checkpointIO, ProcessGroup group, int rank)
        : ParallelStrategy(checkpointIO, group.CollectivesOf(rank))
    {
        public int TearDowns { get; private set; }

        public override Device RootDevice => CPU;

        public override void TearDown()
        {
            TearDowns++;
            base.TearDown();
        }
    }
}
