using static Fulgurite.Tests.Strategies.TwoRanks;

namespace Fulgurite.Tests.Strategies;

/// <summary>Two processes, each a thread, train one model: data, gradients and failures.</summary>
[TestClass]
public sealed class TwoRanksTests
{
    [TestMethod]
    public void Fit_TwoRanks_TrainsOneModelOnTheDataOfBoth()
    {
        var weights = new float[2][];
        var results = new FitResult[2];
        Ranks.Run(2, new ProcessGroup(2), (strategy, rank) =>
        {
            using var module = new LineModule(start: rank + 5);
            results[rank] = Fit(strategy, module, rank, new TrainerOptions { MaxEpochs = 2 });
            weights[rank] = module.Weights();
        });

        // The same as one process that sees the batches of both as one.
        using var alone = new LineModule(start: 5);
        using (var strategy = new SingleDeviceStrategy(new InMemoryCheckpointIO()))
        {
            new Trainer(strategy, new TrainerOptions { MaxEpochs = 2, EnableCheckpointing = false }).Fit(alone, Both(), Both());
        }

        Assert.AreSequenceEqual(weights[0], weights[1]);
        CollectionAssert.AreEqual(
            alone.Weights(), weights[0], Comparer<float>.Create((left, right) => MathF.Abs(left - right) < 1e-5f ? 0 : 1));
        Assert.AreEqual(results[0].Metrics["val_loss"], results[1].Metrics["val_loss"]);
        Assert.AreEqual(results[0].GlobalStep, results[1].GlobalStep);
    }

    [TestMethod]
    public void Fit_ParameterThawsWhileTrainingGoesOn_StaysTheSameInBoth()
    {
        var weights = new float[2][];
        Ranks.Run(2, new ProcessGroup(2), (strategy, rank) =>
        {
            LineModule module = null!;
            module = new LineModule(start: 5) { OnStep = step => module.Train(bias: step >= 4) };
            module.Train(bias: false);
            using (module)
            {
                Fit(strategy, module, rank, new TrainerOptions { MaxEpochs = 2 });
                weights[rank] = module.Weights();
            }
        });

        Assert.AreNotEqual(5f, weights[0][1], "it is trained");
        Assert.AreSequenceEqual(weights[0], weights[1]);
    }

    [TestMethod]
    public void Fit_Step_ExchangesKindsGradientsAndRequestsToStopOnce()
    {
        var group = new ProcessGroup(2);
        var exchanges = new List<int>();
        Ranks.Run(2, group, (strategy, rank) =>
        {
            using var module = new LineModule(start: 5)
            {
                OnStep = _ =>
                {
                    if (rank == 0)
                    {
                        exchanges.Add(group.Exchanges);
                    }
                },
            };
            Fit(strategy, module, rank, new TrainerOptions { MaxEpochs = 1 });
        });

        // The first step compares the parameters too.
        Assert.AreEqual(3, exchanges[2] - exchanges[1]);
        Assert.AreEqual(3, exchanges[3] - exchanges[2]);
    }

    [TestMethod]
    public void Fit_OneRankFails_TheOtherIsToldInsteadOfWaiting()
    {
        var seen = new Exception?[2];
        Ranks.Run(2, new ProcessGroup(2), (strategy, rank) =>
        {
            using var module = new LineModule(start: 0)
            {
                OnStep = step => { if (rank == 1 && step == 2) { throw new IOException("The data is gone."); } },
            };
            seen[rank] = Assert.Throws<Exception>(() => Fit(strategy, module, rank, new TrainerOptions { MaxEpochs = 100 }));
        });

        Assert.AreEqual("The data is gone.", seen[1]!.Message);
        Assert.IsInstanceOfType<InvalidOperationException>(seen[0]);
        Assert.Contains("ank 1", seen[0]!.Message);
    }

    [TestMethod]
    public void Fit_OneRankWithFewerBatches_SaysThatTheyWentApart()
    {
        var seen = new Exception?[2];
        Ranks.Run(2, new ProcessGroup(2), (strategy, rank) =>
        {
            using var module = new LineModule(start: 0);
            seen[rank] = Assert.Throws<Exception>(
                () => Fit(strategy, module, rank, new TrainerOptions { MaxEpochs = 1, LimitTrainBatches = 2 + rank }));
        });

        Assert.Contains(
            "the processes have left their common order. Give all the same options and the same number of batches.", seen[0]!.Message);
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Fit_RanksThatShuffleWithDifferentSeeds_AllRefuse(bool prefetches)
    {
        var seen = new Exception?[2];
        Ranks.Run(2, new ProcessGroup(2), (strategy, rank) =>
        {
            using var scope = NewDisposeScope();
            using var module = new LineModule(start: 0);
            var trainer = new Trainer(strategy, new TrainerOptions { MaxEpochs = 1, EnableCheckpointing = false });
            IEnumerable<(Tensor Inputs, Tensor Targets)> DataOf(long seed)
            {
                var source = DataSource.FromTensors(rand(8, 1), rand(8, 1), new() { BatchSize = 4, Shuffle = true, Seed = seed });
                return prefetches ? source.Prefetch() : source;
            }

            seen[rank] = Assert.ThrowsExactly<InvalidOperationException>(() => trainer.Fit(module, DataOf(7 + rank)));
        });

        Assert.Contains("the seed of rank 0 is 7, and that of rank 1 is 8. Call Trainer.SeedEverything", seen[1]!.Message);
        Assert.Contains("the seed of rank 0 is 7, and another rank has a different one", seen[0]!.Message);
    }
}
