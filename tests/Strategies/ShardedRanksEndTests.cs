using Fulgurite.IO;
using static Fulgurite.Tests.Strategies.ShardedRanks;

namespace Fulgurite.Tests.Strategies;

/// <summary>Removals, and ends of a run, while processes still write their parts.</summary>
[TestClass]
public sealed class ShardedRanksEndTests
{
    [TestMethod]
    public void Remove_WhileTheSaveIsUnderWay_RemovesItAfterwards()
    {
        var storage = new MemoryStorage();
        Run(2, storage, (strategy, rank) =>
        {
            using var live = new LiveState(4, rank);
            var operation = strategy.SaveCheckpoint(live.State, Last, null);
            var removal = strategy.RemoveCheckpointAsync(Last);
            strategy.TearDown();
            removal.GetAwaiter().GetResult();
            Assert.AreEqual(CheckpointOutcome.Durable, operation.Outcome, operation.Failure?.Message);
        });

        Assert.IsEmpty(storage.Paths);
    }

    [TestMethod]
    public void Remove_BetweenTwoSavesToThePath_TheSecondStays()
    {
        var storage = new MemoryStorage();
        GatedCheckpointIO gate = null!;
        Run(2, storage, (strategy, rank) =>
        {
            using var first = new LiveState(1, rank);
            using var second = new LiveState(2, rank);
            strategy.SaveCheckpoint(first.State, Last, null);
            var removal = strategy.RemoveCheckpointAsync(Last);
            var operation = strategy.SaveCheckpoint(second.State, Last, null);
            strategy.SettleCheckpoints();
            strategy.Collectives.Barrier();
            gate.Open();
            strategy.TearDown();
            removal.GetAwaiter().GetResult();
            Assert.AreEqual(CheckpointOutcome.Durable, operation.Outcome, operation.Failure?.Message);
        },
        wrap: (io, rank) => rank == 1 ? gate = new GatedCheckpointIO(io) : io);

        Assert.AreEqual(2, StepIn(storage));
        Assert.HasCount(1 + 4, storage.Paths, string.Join('\n', storage.Paths));
    }

    [TestMethod]
    public void TryEndParts_OnePartIsLate_CommitsTheOthersAndNamesTheRank()
    {
        var storage = new MemoryStorage();
        GatedCheckpointIO gate = null!;
        Run(2, storage, (strategy, rank) =>
        {
            var operations = SaveLastAndBest(strategy, strategy.SaveCheckpoint, rank, gate);
            Assert.IsFalse(strategy.TryEndParts(TimeSpan.FromMinutes(1), rank == 1 ? new ElapsedTime() : TimeProvider.System));

            Assert.AreEqual(CheckpointOutcome.Durable, operations[0].Outcome, operations[0].Failure?.Message);
            Assert.AreEqual(CheckpointOutcome.Failed, operations[1].Outcome);
            Assert.Contains(
                "'run/best.ckpt' was not saved. Rank 1: Its part was not durable 00:01:00 after the run ended early",
                operations[1].Failure!.Message);
            Assert.AreEqual(3, StepIn(storage));
            strategy.Collectives.Barrier();
            if (rank == 1)
            {
                // Its own: the other process may be disposed already.
                gate.Open();
            }

            strategy.TearDown();
        },
        wrap: (io, rank) => rank == 1 ? gate = new GatedCheckpointIO(io) : io);

        Assert.HasCount(1 + 4, storage.Paths, "The parts of the late checkpoint are removed.");
    }

    [TestMethod]
    public void TryEndParts_AnotherRankIsGone_ReportsThatTheResultIsUnknown()
    {
        var storage = new MemoryStorage();
        Run(2, storage, (strategy, rank) =>
        {
            using var live = new LiveState(4, rank);
            var operation = strategy.SaveCheckpoint(live.State, Last, null);
            if (rank == 0)
            {
                Assert.IsTrue(strategy.TryEndParts(TimeSpan.FromMinutes(1), TimeProvider.System));
                Assert.AreEqual(CheckpointOutcome.Failed, operation.Outcome);
                Assert.Contains("unknown", operation.Failure!.Message);
            }
        });
    }

    [TestMethod]
    public void TearDown_AnotherRankIsGone_ReportsThatTheResultIsUnknown()
    {
        var storage = new MemoryStorage();
        var group = new ProcessGroup(2);
        Ranks.Run(2, rank =>
        {
            using var strategy = new InProcessStrategy(new AsyncCheckpointIO(new ShardedCheckpointIO(storage)), group, rank);
            using var live = new LiveState(4, rank);
            var operation = strategy.SaveCheckpoint(live.State, Last, null);
            if (rank == 0)
            {
                strategy.TearDown();
                Assert.AreEqual(CheckpointOutcome.Failed, operation.Outcome);
                Assert.Contains("unknown", operation.Failure!.Message);
            }
        });

        Assert.DoesNotContain(path => path.EndsWith(".json", StringComparison.Ordinal), storage.Paths);
    }
}
