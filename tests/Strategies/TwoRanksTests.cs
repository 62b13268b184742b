using Microsoft.Extensions.Time.Testing;

namespace Fulgurite.Tests.Strategies;

/// <summary>Two processes, each a thread, that train one model: all decide together, rank 0 writes.</summary>
[TestClass]
public sealed class TwoRanksTests(TestContext context)
{
    private string Folder => context.TestTempDirectory ?? throw new InvalidOperationException("No folder for this test.");

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

        Assert.AreSequenceEqual([3, 6], validations[0], "the clock of the first says so");
        Assert.AreSequenceEqual(validations[0], validations[1]);
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

    private static FitResult Fit(
        IStrategy strategy,
        LineModule module,
        int rank,
        TrainerOptions options,
        string? from = null,
        ModelCheckpoint? saving = null,
        CancellationToken cancellation = default)
    {
        options.EnableCheckpointing = saving is not null;
        using var trainer = new Trainer(strategy, options, saving is null ? [] : [saving]);
        return trainer.Fit(module, Data(rank), Data(rank), from, cancellation);
    }

    private static IEnumerable<(Tensor Inputs, Tensor Targets)> Data(int rank)
    {
        for (var batch = 0; batch < 4; batch++)
        {
            var inputs = full(2, 1, ((batch * 2) + rank) / 8f);
            yield return (inputs, (inputs * 2) + 1);
        }
    }

    private static IEnumerable<(Tensor Inputs, Tensor Targets)> Both()
    {
        foreach (var (first, second) in Data(0).Zip(Data(1)))
        {
            yield return (cat([first.Inputs, second.Inputs]), cat([first.Targets, second.Targets]));
        }
    }

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

    private sealed class LineModule : TrainingModule<(Tensor Inputs, Tensor Targets)>
    {
        private readonly TorchSharp.Modules.Linear _linear = nn.Linear(1, 1);

        public LineModule(float start)
            : base(nameof(LineModule))
        {
            RegisterComponents();
            using var _ = no_grad();
            _linear.weight!.fill_(start);
            _linear.bias!.fill_(start);
        }

        public Action<long>? OnStep { get; init; }

        public Action<int>? OnValidation { get; set; }

        public Func<int, Tensor, Tensor>? LossOf { get; init; }

        public Func<int, double>? ValidationLossOf { get; init; }

        public void Train(bool bias) => _linear.bias!.requires_grad = bias;

        public override OptimizerSetup ConfigureOptimizers() => optim.Adam(parameters(), 0.05);

        public override Tensor? TrainingStep((Tensor Inputs, Tensor Targets) batch, int batchIndex)
        {
            OnStep?.Invoke(Trainer.GlobalStep);
            var loss = nn.functional.mse_loss(_linear.call(batch.Inputs), batch.Targets);
            loss = LossOf?.Invoke(Trainer.CurrentEpoch, loss) ?? loss;
            Log("loss", loss);
            return loss;
        }

        public override void ValidationStep((Tensor Inputs, Tensor Targets) batch, int batchIndex)
        {
            OnValidation?.Invoke(batchIndex);
            var loss = nn.functional.mse_loss(_linear.call(batch.Inputs), batch.Targets);
            Log(
                "val_loss", ValidationLossOf is null ? loss : full_like(loss, ValidationLossOf(Trainer.CurrentEpoch)),
                weight: batch.Inputs.shape[0]);
        }

        public float[] Weights() => [_linear.weight!.item<float>(), _linear.bias!.item<float>()];
    }
}

/// <summary>Gives each rank its strategy.</summary>
internal static class RanksExtensions
{
    extension(Ranks)
    {
        public static void Run(int count, ProcessGroup group, Action<InProcessStrategy, int> body, Func<int, CheckpointIO>? io = null) =>
            Ranks.Run(count, rank =>
            {
                using var strategy = new InProcessStrategy(io?.Invoke(rank) ?? new InMemoryCheckpointIO(), group, rank);
                body(strategy, rank);
            });
    }
}
