using static Fulgurite.Tests.Strategies.ShardedRanks;

namespace Fulgurite.Tests.Strategies;

/// <summary>A maximum data loss in a training of several processes, each of which measures by its own clock.</summary>
[TestClass]
public sealed class DurabilityRanksTests
{
    [TestMethod]
    public void Fit_OneRankCannotMeetTheMaximumDataLoss_AllSkipTheSameCheckpoints()
    {
        var results = new DurabilityReport?[2];
        using var open = new ManualResetEventSlim(initialState: true);
        Ranks.Run(
            2, new ProcessGroup(2),
            (strategy, rank) =>
            {
                using var module = new WideModule
                {
                    OnStep = step =>
                    {
                        if (rank == 0 && step == 1)
                        {
                            // From here on the duration of a save is known, and the next best checkpoint stays pending.
                            strategy.CheckpointIO.FlushAsync(CancellationToken.None).GetAwaiter().GetResult();
                            open.Reset();
                        }
                        else if (rank == 0 && step == 6)
                        {
                            open.Set();
                        }
                    },
                };
                var saving = new ModelCheckpoint(
                    new ModelCheckpointOptions
                    {
                        DirPath = "mem://run",
                        Monitor = "loss",
                        SaveTopK = -1,
                        SaveLast = true,
                        EveryNTrainSteps = 1,
                        MaxDataLoss = TimeSpan.FromMinutes(1),
                    },
                    rank == 1 ? new ElapsedTime() : null);
                using var trainer = new Trainer(strategy, new TrainerOptions { MaxEpochs = 2 }, [saving]);
                Assert.AreEqual(FitStatus.Completed, trainer.Fit(module, Data(rank, 2)).Status);
                results[rank] = saving.Durability;
            },
            rank => rank == 0 ? new AsyncCheckpointIO(new HeldCheckpointIO(new InMemoryCheckpointIO(), open)) : new InMemoryCheckpointIO());

        Assert.IsNull(results[0]!.Problem, "Rank 0 is fast enough by its own clock.");
        Assert.IsNotNull(results[1]!.Problem);
        Assert.IsGreaterThan(0, results[0]!.Skipped);
        Assert.AreEqual(results[0]!.Skipped, results[1]!.Skipped);
    }

    private sealed class HeldCheckpointIO(CheckpointIO inner, ManualResetEventSlim open) : WrappingCheckpointIO(inner)
    {
        public override Task SaveCheckpointAsync(
            TrainingState checkpoint, string path, SaveContext? context, CancellationToken cancellationToken)
        {
            open.Wait(cancellationToken);
            return Inner.SaveCheckpointAsync(checkpoint, path, context, cancellationToken);
        }
    }
}
