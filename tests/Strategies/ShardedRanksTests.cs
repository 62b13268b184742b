using Fulgurite.IO;
using static Fulgurite.Tests.Strategies.ShardedRanks;

namespace Fulgurite.Tests.Strategies;

/// <summary>Checkpoints to which every process, here a thread, writes its part.</summary>
[TestClass]
public sealed class ShardedRanksTests
{
    [TestMethod]
    public void Save_ByFourRanks_IsLoadedEqualByAnyNumberOfRanks()
    {
        var storage = new MemoryStorage();
        Run(4, storage, (strategy, rank) =>
        {
            using var live = new LiveState(7, rank);
            var operation = strategy.SaveCheckpoint(live.State, Last, new SaveOptions { Slot = "last" });
            strategy.TearDown();
            Assert.AreEqual(CheckpointOutcome.Durable, operation.Outcome, operation.Failure?.Message);
            Assert.AreEqual(OperatingSystem.IsLinux(), operation.ProcessorTime > TimeSpan.Zero, "Of the part, and of the commit.");
        });

        Assert.HasCount(4, storage.Paths.Where(path => path.Contains("/model-", StringComparison.Ordinal)));
        foreach (var ranks in new[] { 1, 2, 3, 8 })
        {
            Run(ranks, storage, (strategy, _) =>
            {
                using var loaded = strategy.LoadCheckpoint(Last, null);
                using var expected = new LiveState(7, rank: 0);
                StateAssert.HaveSameValues(expected.State, loaded);
            });
        }

        using var alone = new SingleDeviceStrategy(new AsyncCheckpointIO(new ShardedCheckpointIO(storage)));
        Assert.AreEqual(7, StepIn(storage));
        using var state = new LiveState(8, rank: 0);
        Assert.AreEqual(CheckpointOutcome.Durable, alone.SaveCheckpoint(state.State, Last, null).Completion.GetAwaiter().GetResult());
        Assert.AreEqual(8, StepIn(storage));

        // What the save replaces is removed after it is durable.
        alone.TearDown();
        Assert.HasCount(3, storage.Paths, "One part, and its index.");
    }

    [TestMethod]
    public void Save_UnderTwoNames_WritesEachPartOnce()
    {
        var inner = new MemoryStorage();
        var storage = new MeteredStorage(inner);
        Run(2, storage, (strategy, rank) =>
        {
            using var live = new LiveState(1, rank);
            var first = strategy.SaveCheckpoint(live.State, "run/epoch=1.ckpt", null);
            var second = strategy.SaveCheckpoint(live.State, Last, new SaveOptions { Slot = "last" });
            strategy.TearDown();
            Assert.AreEqual(CheckpointOutcome.Durable, first.Outcome, first.Failure?.Message);
            Assert.AreEqual(CheckpointOutcome.Durable, second.Outcome, second.Failure?.Message);
        });

        var files = inner.Paths.Count / 2;
        Assert.IsGreaterThan(3, files);
        Assert.AreEqual(files + 1, storage.Files, "All files once, and two indexes.");
        Assert.AreEqual(files - 1, storage.Links);
    }

    [TestMethod]
    [DataRow(0)]
    [DataRow(2)]
    public void Save_OnePartFails_FailsInAllRanksAndKeepsThePreviousCheckpoint(int failing)
    {
        var storage = new MemoryStorage();
        var messages = new string[3];
        Run(3, storage, (strategy, rank) =>
        {
            using var first = new LiveState(1, rank);
            using var second = new LiveState(2, rank);
            using var third = new LiveState(3, rank);
            strategy.SaveCheckpoint(first.State, Last, null);
            strategy.TearDown();
            var operation = strategy.SaveCheckpoint(second.State, Last, null);
            strategy.TearDown();

            Assert.AreEqual(CheckpointOutcome.Failed, operation.Outcome);
            Assert.AreEqual(Last, operation.Failure!.Path);
            messages[rank] = operation.Failure.Message;
            strategy.Collectives.Barrier();
            Assert.AreEqual(1, StepIn(storage));
            Assert.HasCount(1 + 6, storage.Paths, "The parts of the other ranks are removed.");
            strategy.Collectives.Barrier();

            operation = strategy.SaveCheckpoint(third.State, Last, null);
            strategy.TearDown();
            Assert.AreEqual(CheckpointOutcome.Durable, operation.Outcome, operation.Failure?.Message);
        },
        wrap: (io, rank) =>
        {
            var saves = 0;
            return new FlakyCheckpointIO(
                io, (path, _) => path.Contains("/part-", StringComparison.Ordinal) && ++saves == 2 && rank == failing
                    ? new IOException("The disk is full.") : null);
        });

        Assert.AreEqual(3, StepIn(storage));
        foreach (var message in messages)
        {
            Assert.Contains($"Rank {failing}: ", message);
            Assert.Contains("The disk is full.", message);
        }
    }

    [TestMethod]
    public void Save_OneRankIsSlow_NoRankWaitsUntilTheEnd()
    {
        var storage = new MemoryStorage();
        GatedCheckpointIO gate = null!;
        Run(3, storage, (strategy, rank) =>
        {
            using var live = new LiveState(4, rank);
            var operation = strategy.SaveCheckpoint(live.State, Last, null);
            for (var step = 0; step < 20; step++)
            {
                strategy.SettleCheckpoints();
            }

            // All ranks are past twenty steps while the part of one is not written.
            Assert.AreEqual(CheckpointOutcome.Pending, operation.Outcome);
            Assert.DoesNotContain(path => path.EndsWith(".json", StringComparison.Ordinal), storage.Paths);
            strategy.Collectives.Barrier();
            gate.Open();
            strategy.TearDown();
            Assert.AreEqual(CheckpointOutcome.Durable, operation.Outcome, operation.Failure?.Message);
        },
        wrap: (io, rank) => rank == 1 ? gate = new GatedCheckpointIO(io) : io);

        Assert.AreEqual(4, StepIn(storage));
    }

    [TestMethod]
    public void Save_OfASlotWhileOneRankIsSlow_TheOldestAndTheNewestAreWrittenByAll()
    {
        var storage = new MemoryStorage();
        GatedCheckpointIO gate = null!;
        var outcomes = new CheckpointOutcome[3][];
        Run(3, storage, (strategy, rank) =>
        {
            var states = Enumerable.Range(1, 6).Select(step => new LiveState(step, rank)).ToList();
            var operations = states.ConvertAll(live =>
            {
                var operation = strategy.SaveCheckpoint(live.State, Last, new SaveOptions { Slot = "last" });
                strategy.SettleCheckpoints();
                return operation;
            });
            gate.Open();
            strategy.TearDown();
            outcomes[rank] = [.. operations.Select(operation => operation.Outcome)];
            states.ForEach(live => live.Dispose());
        },
        wrap: (io, rank) => rank == 1 ? gate = new GatedCheckpointIO(io) : io);

        Assert.AreSequenceEqual(outcomes[0], outcomes[1]);
        Assert.AreSequenceEqual(outcomes[0], outcomes[2]);
        Assert.AreEqual(CheckpointOutcome.Durable, outcomes[0][0], "Otherwise, slow storage could hold up every checkpoint.");
        Assert.AreEqual(CheckpointOutcome.Durable, outcomes[0][5]);
        Assert.Contains(CheckpointOutcome.Superseded, outcomes[0]);
        Assert.AreEqual(6, StepIn(storage));
        Assert.HasCount(1 + 6, storage.Paths, string.Join('\n', storage.Paths));
    }

    [TestMethod]
    [Timeout(60_000)]
    public void Save_OtherRanksAreLate_DoesNotWaitForThem()
    {
        var storage = new MemoryStorage();
        using var isSaved = new ManualResetEventSlim();
        Run(2, storage, (strategy, rank) =>
        {
            using var live = new LiveState(1, rank);
            using var module = new WideModule();
            strategy.SetUp(module);

            // The first save agrees with the others.
            strategy.SaveCheckpoint(live.State, Last, null);
            strategy.SettleCheckpoints();
            for (var late = 0; late < 2; late++)
            {
                // A rank that waited for the other would never let it go on.
                if (rank == late)
                {
                    isSaved.Wait();
                    isSaved.Reset();
                }

                var operations = new[] { "run/best.ckpt", Last }.Select(path => strategy.SaveCheckpoint(live.State, path, null)).ToList();
                if (rank != late)
                {
                    isSaved.Set();
                }

                strategy.CheckpointIO.FlushAsync(CancellationToken.None).GetAwaiter().GetResult();
                strategy.SettleCheckpoints();
                strategy.CheckpointIO.FlushAsync(CancellationToken.None).GetAwaiter().GetResult();
                strategy.SettleCheckpoints();
                operations.ForEach(save => Assert.AreEqual(CheckpointOutcome.Durable, save.Outcome, save.Failure?.Message));
            }

            strategy.TearDown();
        });

        Assert.AreEqual(1, StepIn(storage));
    }

    [TestMethod]
    public void Save_RanksHaveFoldersOfTheirOwn_TakesThatOfRankZero()
    {
        var storage = new MemoryStorage();
        Run(3, storage, (strategy, rank) =>
        {
            for (var step = 1; step <= 2; step++)
            {
                using var live = new LiveState(step, rank);
                var operation = strategy.SaveCheckpoint(live.State, rank == 0 ? Last : $"run{rank}/last.ckpt", null);
                strategy.TearDown();
                Assert.AreEqual(Last, operation.Path);
                Assert.AreEqual(CheckpointOutcome.Durable, operation.Outcome, operation.Failure?.Message);
            }
        });

        Assert.AreEqual(2, StepIn(storage));
        Assert.IsTrue(storage.Paths.All(path => path.StartsWith(Last, StringComparison.Ordinal)));
    }

    [TestMethod]
    public void Save_RankHasAnotherPathLater_FailsOnceInAllRanks()
    {
        var storage = new MemoryStorage();
        Run(3, storage, (strategy, rank) =>
        {
            SaveOperation Save(int step, bool isStray)
            {
                using var live = new LiveState(step, rank);
                var operation = strategy.SaveCheckpoint(live.State, isStray && rank == 2 ? "run/other.ckpt" : Last, null);
                strategy.TearDown();
                return operation;
            }

            Assert.AreEqual(CheckpointOutcome.Durable, Save(1, isStray: false).Outcome);
            var stray = Save(2, isStray: true);
            Assert.AreEqual(CheckpointOutcome.Failed, stray.Outcome);
            Assert.Contains("Rank 2: It saves to 'run/other.ckpt', and rank 0 does not.", stray.Failure!.Message);
            strategy.Collectives.Barrier();
            Assert.AreEqual(1, StepIn(storage));
            strategy.Collectives.Barrier();
            Assert.AreEqual(CheckpointOutcome.Durable, Save(3, isStray: true).Outcome);
        });

        Assert.AreEqual(3, StepIn(storage));
        Assert.HasCount(1 + 6, storage.Paths, string.Join('\n', storage.Paths));
    }

    [TestMethod]
    public void Save_RanksMakeDifferentNumbersOfSaves_AllThrow()
    {
        Run(2, new MemoryStorage(), (strategy, rank) =>
        {
            using var live = new LiveState(1, rank);
            strategy.SaveCheckpoint(live.State, Last, null);
            strategy.TearDown();
            strategy.SaveCheckpoint(live.State, Last, null);
            if (rank == 1)
            {
                strategy.SaveCheckpoint(live.State, "run/best.ckpt", null);
            }

            var exception = Assert.ThrowsExactly<InvalidOperationException>(() => strategy.SettleCheckpoints());
            Assert.Contains("Rank 1 has 2 saves under way and rank 0 1", exception.Message);
        });
    }

    [TestMethod]
    public void Save_RandomStates_AreThoseOfEachRank()
    {
        var storage = new MemoryStorage();
        Run(3, storage, (strategy, rank) =>
        {
            using var live = new LiveState(1, rank);
            live.State[CheckpointKeys.Fulgurite] = new StateMap
            {
                ["rng"] = new StateMap { ["ranks"] = new StateList(Enumerable.Range(0, 3).Select(_ => OfRank(rank))) },
            };
            var operation = strategy.SaveCheckpoint(live.State, Last, null);
            strategy.TearDown();
            Assert.AreEqual(CheckpointOutcome.Durable, operation.Outcome, operation.Failure?.Message);
        });

        using var io = new SingleDeviceStrategy(new ShardedCheckpointIO(storage));
        using var loaded = io.LoadCheckpoint(Last, null);
        var states = loaded.Find($"{CheckpointKeys.Fulgurite}.rng.ranks")!.AsList();
        StateAssert.HaveSameValues(
            new TrainingState { ["all"] = new StateList(Enumerable.Range(0, 3).Select(OfRank)) }, new TrainingState { ["all"] = states });

        static StateValue OfRank(int rank) => TensorData.FromValues<byte>([(byte)rank, 7], ScalarType.Byte, 2);
    }

    [TestMethod]
    public void Load_WhileTheSaveIsUnderWay_WaitsForIt()
    {
        var storage = new MemoryStorage();
        Run(2, storage, (strategy, rank) =>
        {
            using var live = new LiveState(4, rank);
            strategy.SaveCheckpoint(live.State, Last, null);
            using var loaded = strategy.LoadCheckpoint(Last, null);
            Assert.AreEqual(4, ((StateInteger)loaded[CheckpointKeys.GlobalStep]).Value);
        });
    }

    [TestMethod]
    public void Save_FaultsOfTheStorageOfARank_AllRanksAgreeOnOneWholeCheckpoint()
    {
        var cases = Environment.GetEnvironmentVariable("FULGURITE_SLOW") == "1" ? 2000 : 60;
        var met = new HashSet<CheckpointOutcome>();
        for (var seed = 0; seed < cases; seed++)
        {
            var random = new Random(seed);
            var ranks = random.Next(2, 5);
            var (failing, call) = (random.Next(ranks), random.Next(1, 8));
            var storage = new MemoryStorage();
            var outcomes = new CheckpointOutcome[ranks];
            IStorage StorageOf(int rank) => rank == failing ? new FailingStorage(storage, (rank == 0 ? 3 : 2) + call) : storage;
            Run(ranks, StorageOf, (strategy, rank) =>
            {
                using var first = new LiveState(1, rank);
                using var second = new LiveState(2, rank);
                strategy.SaveCheckpoint(first.State, Last, null);
                strategy.TearDown();
                var operation = strategy.SaveCheckpoint(second.State, Last, null);
                strategy.SettleCheckpoints();
                strategy.TearDown();
                outcomes[rank] = operation.Outcome;
            });

            Assert.HasCount(1, outcomes.Distinct(), $"seed {seed}");
            Assert.AreEqual(outcomes[0] == CheckpointOutcome.Durable ? 2 : 1, StepIn(storage), $"seed {seed}");
            met.Add(outcomes[0]);
        }

        Assert.HasCount(2, met);
    }

    /// <summary>Fails the call of Write or Delete with the chosen number.</summary>
    private sealed class FailingStorage(IStorage inner, int at) : IStorage
    {
        private int _calls;

        public long Write(string path, FileContent content, CancellationToken cancellationToken)
        {
            ThrowIfDue(path);
            return inner.Write(path, content, cancellationToken);
        }

        public void Delete(string path)
        {
            ThrowIfDue(path);
            inner.Delete(path);
        }

        public StorageReader Open(string path) => inner.Open(path);

        public bool Exists(string path) => inner.Exists(path);

        public bool TryLink(string existing, string path) => inner.TryLink(existing, path);

        public IReadOnlyList<CheckpointEntry> List(string directory) => inner.List(directory);

        public IReadOnlyList<string> ListFolders(string directory) => inner.ListFolders(directory);

        public long? GetAvailableBytes(string path) => null;

        private void ThrowIfDue(string path)
        {
            if (Interlocked.Increment(ref _calls) == at)
            {
                throw new CheckpointException("The storage failed.", path);
            }
        }
    }
}
