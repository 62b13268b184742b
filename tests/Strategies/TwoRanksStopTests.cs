using Microsoft.Extensions.Time.Testing;
using static Fulgurite.Tests.Strategies.TwoRanks;

namespace Fulgurite.Tests.Strategies;

/// <summary>Two processes, each a thread, validate and stop at the same step, whichever of them has the reason.</summary>
[TestClass]
public sealed class TwoRanksStopTests
{
    [TestMethod]
    [TestProperty("Behaviour", "SG11")]
    public void Fit_OneRankCancelled_BothStopAtTheSameStep()
    {
        using var cancel = new CancellationTokenSource();
        var results = new FitResult[2];
        Ranks.Run(2, new ProcessGroup(2), (strategy, rank) =>
        {
            using var module = new LineModule(start: 0) { OnStep = step => { if (rank == 1 && step == 3) { cancel.Cancel(); } } };
            results[rank] = Fit(
                strategy, module, rank, new TrainerOptions { MaxEpochs = 100 }, cancellation: rank == 1 ? cancel.Token : default);
        });

        Assert.AreEqual(FitStatus.Cancelled, results[0].Status);
        Assert.AreEqual(FitStatus.Cancelled, results[1].Status);
        Assert.AreEqual(4, results[0].GlobalStep);
        Assert.AreEqual(4, results[1].GlobalStep);
    }

    /// <summary>A signal may come between the exchange of requests and the next step, which the other process makes.</summary>
    [TestMethod]
    public void Fit_OneRankCancelledAfterAnyExchange_BothStopAtTheSameStep()
    {
        var cancelled = 0;
        for (var last = 1; last <= 30; last++)
        {
            using var cancel = new CancellationTokenSource();
            var results = new FitResult[2];
            var group = new ProcessGroup(2);
            Ranks.Run(2, rank =>
            {
                var exchanges = 0;
                using var strategy = new ObservedStrategy(group, new ObservedCollectives(group, rank, () =>
                {
                    if (rank == 1 && ++exchanges == last)
                    {
                        cancel.Cancel();
                    }
                }));
                using var module = new LineModule(start: 0);
                results[rank] = Fit(
                    strategy, module, rank, new TrainerOptions { MaxEpochs = 3 }, cancellation: rank == 1 ? cancel.Token : default);
            });

            Assert.AreEqual(results[0].Status, results[1].Status, $"after exchange {last}");
            Assert.AreEqual(results[0].GlobalStep, results[1].GlobalStep, $"after exchange {last}");
            cancelled += results[0].Status == FitStatus.Cancelled ? 1 : 0;
        }

        Assert.IsGreaterThanOrEqualTo(10, cancelled, "The requests came before the end of the training.");
    }

    [TestMethod]
    public void Fit_OneRankCancelledWithinAValidation_BothStopAfterIt()
    {
        using var cancel = new CancellationTokenSource();
        var results = new FitResult[2];
        Ranks.Run(2, new ProcessGroup(2), (strategy, rank) =>
        {
            using var module = new LineModule(start: 0) { OnValidation = batch => { if (rank == 1 && batch == 1) { cancel.Cancel(); } } };
            results[rank] = Fit(
                strategy, module, rank, new TrainerOptions { MaxEpochs = 100 }, cancellation: rank == 1 ? cancel.Token : default);
        });

        Assert.AreEqual(FitStatus.Cancelled, results[0].Status);
        Assert.AreEqual(FitStatus.Cancelled, results[1].Status);
        Assert.AreEqual(results[0].Metrics["val_loss"], results[1].Metrics["val_loss"]);
    }

    [TestMethod]
    public void Fit_ValidationByTheClock_IsDueInBothAtOnce()
    {
        var validations = new List<long>[] { [], [] };
        Ranks.Run(2, new ProcessGroup(2), (strategy, rank) =>
        {
            var clock = new FakeTimeProvider();
            LineModule module = null!;
            module = new LineModule(start: 0)
            {
                OnStep = step => clock.Advance(TimeSpan.FromSeconds(rank == 0 ? 10 : 1)),
                OnValidation = batch => { if (batch == 0) { validations[rank].Add(module.Trainer.GlobalStep); } },
            };
            using (module)
            {
                using var trainer = new Trainer(
                    strategy,
                    new TrainerOptions { MaxEpochs = 2, EnableCheckpointing = false, ValidationInterval = TimeSpan.FromSeconds(30) },
                    timeProvider: clock);
                trainer.Fit(module, Data(rank), Data(rank));
            }
        });

        Assert.AreSequenceEqual([3, 6], validations[0], "by the clock of rank 0");
        Assert.AreSequenceEqual(validations[0], validations[1]);
    }

    [TestMethod]
    public void Fit_OneRankAsksToStop_BothStopAtTheSameStep()
    {
        var results = new FitResult[2];
        Ranks.Run(2, new ProcessGroup(2), (strategy, rank) =>
        {
            LineModule module = null!;
            module = new LineModule(start: 0) { OnStep = step => { if (rank == 1 && step == 2) { module.Trainer.RequestStop(); } } };
            using (module)
            {
                results[rank] = Fit(strategy, module, rank, new TrainerOptions { MaxEpochs = 100 });
            }
        });

        Assert.AreEqual(FitStatus.Stopped, results[0].Status);
        Assert.AreEqual(3, results[0].GlobalStep);
        Assert.AreEqual(3, results[1].GlobalStep);
    }

    /// <summary>The loss of one rank gets better for longer than that of the other: only the mean of both may decide.</summary>
    [TestMethod]
    public void Fit_EarlyStopping_BothStopByTheLossOfBoth()
    {
        var results = new FitResult[2];
        var scores = new List<double>[] { [], [] };
        Ranks.Run(2, new ProcessGroup(2), (strategy, rank) =>
        {
            // Rank 0 alone would not stop; rank 1 alone would stop after its third validation, and the mean has its best in the third.
            double[] losses = rank == 0 ? [9, 7, 5, 4, 3, 2, 1, 0] : [1, 2, 3, 5, 7, 9, 11, 13];
            using var module = new LineModule(start: 0) { ValidationLossOf = epoch => losses[epoch] };
            using var trainer = new Trainer(
                strategy, new TrainerOptions { MaxEpochs = 8, EnableCheckpointing = false },
                [
                    new EarlyStopping(new EarlyStoppingOptions { Monitor = "val_loss", Patience = 2 }),
                    new LambdaCallback().On<OnValidationEndArguments>(
                        arguments => scores[rank].Add(arguments.Trainer.Metrics["val_loss"])),
                ]);
            results[rank] = trainer.Fit(module, Data(rank), Data(rank));
        });

        Assert.AreSequenceEqual([5, 4.5, 4, 4.5, 5], scores[0]);
        Assert.AreSequenceEqual(scores[0], scores[1]);
        Assert.AreEqual(5, results[0].EpochsCompleted);
        Assert.AreEqual(5, results[1].EpochsCompleted);
        Assert.AreEqual(results[0].Status, results[1].Status);
    }

    private sealed class ObservedStrategy(ProcessGroup group, ProcessCollectives collectives)
        : ParallelStrategy(new InMemoryCheckpointIO(), collectives)
    {
        public override Device RootDevice => CPU;

        public override async ValueTask DisposeAsync()
        {
            group.Leave(Collectives.Rank);
            await base.DisposeAsync();
        }
    }

    private sealed class ObservedCollectives(ProcessGroup group, int rank, Action after) : ProcessCollectives
    {
        public override int Rank => rank;

        public override int LocalRank => rank;

        public override int WorldSize => group.Size;

        protected override IReadOnlyList<byte[]> Exchange(byte[] own)
        {
            var all = group.Exchange(rank, own);
            after();
            return all;
        }
    }
}
