using Fulgurite.IO;

namespace Fulgurite.Tests.Strategies;

/// <summary>Checkpoints to which every process, here a thread, writes its part.</summary>
[TestClass]
public sealed class ShardedRanksTests(TestContext context)
{
    private const string Path = "run/last.ckpt";

    private string Folder => context.TestTempDirectory ?? throw new InvalidOperationException("No folder for this test.");

    [TestMethod]
    public void Save_ByFourRanks_IsLoadedEqualByAnyNumberOfRanks()
    {
        var storage = new MemoryStorage();
        Run(4, storage, (strategy, rank) =>
        {
            using var live = new LiveState(7, rank);
            var operation = strategy.SaveCheckpoint(live.State, Path, new SaveOptions { Slot = "last" });
            strategy.TearDown();
            Assert.AreEqual(CheckpointOutcome.Durable, operation.Outcome, operation.Failure?.Message);
            Assert.AreEqual(OperatingSystem.IsLinux(), operation.ProcessorTime > TimeSpan.Zero, "Of the part, and of the commit.");
        });

        Assert.HasCount(4, storage.Paths.Where(path => path.Contains("/model-", StringComparison.Ordinal)));
        foreach (var ranks in new[] { 1, 2, 3, 8 })
        {
            Run(ranks, storage, (strategy, _) =>
            {
                using var loaded = strategy.LoadCheckpoint(Path, null);
                using var expected = new LiveState(7, rank: 0);
                StateAssert.HaveSameValues(expected.State, loaded);
            });
        }

        using var alone = new SingleDeviceStrategy(new AsyncCheckpointIO(new ShardedCheckpointIO(storage)));
        Assert.AreEqual(7, StepIn(storage));
        using var state = new LiveState(8, rank: 0);
        Assert.AreEqual(CheckpointOutcome.Durable, alone.SaveCheckpoint(state.State, Path, null).Completion.GetAwaiter().GetResult());
        Assert.AreEqual(8, StepIn(storage));
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
            var second = strategy.SaveCheckpoint(live.State, Path, new SaveOptions { Slot = "last" });
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
            strategy.SaveCheckpoint(first.State, Path, null);
            strategy.TearDown();
            var operation = strategy.SaveCheckpoint(second.State, Path, null);
            strategy.TearDown();

            Assert.AreEqual(CheckpointOutcome.Failed, operation.Outcome);
            Assert.AreEqual(Path, operation.Failure!.Path);
            messages[rank] = operation.Failure.Message;
            strategy.Collectives.Barrier();
            Assert.AreEqual(1, StepIn(storage));
            Assert.HasCount(1 + 6, storage.Paths, "The parts of the other ranks are removed.");
            strategy.Collectives.Barrier();

            operation = strategy.SaveCheckpoint(third.State, Path, null);
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
            var operation = strategy.SaveCheckpoint(live.State, Path, null);
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
                var operation = strategy.SaveCheckpoint(live.State, Path, new SaveOptions { Slot = "last" });
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
    public void Remove_WhileTheSaveIsUnderWay_RemovesItAfterwards()
    {
        var storage = new MemoryStorage();
        Run(2, storage, (strategy, rank) =>
        {
            using var live = new LiveState(4, rank);
            var operation = strategy.SaveCheckpoint(live.State, Path, null);
            var removal = strategy.RemoveCheckpointAsync(Path);
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
            strategy.SaveCheckpoint(first.State, Path, null);
            var removal = strategy.RemoveCheckpointAsync(Path);
            var operation = strategy.SaveCheckpoint(second.State, Path, null);
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
            var operation = strategy.SaveCheckpoint(live.State, Path, null);
            if (rank == 0)
            {
                Assert.IsTrue(strategy.TryEndParts(TimeSpan.FromMinutes(1), TimeProvider.System));
                Assert.AreEqual(CheckpointOutcome.Failed, operation.Outcome);
                Assert.Contains("unknown", operation.Failure!.Message);
            }
        });
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
    public void Load_WhileTheSaveIsUnderWay_WaitsForIt()
    {
        var storage = new MemoryStorage();
        Run(2, storage, (strategy, rank) =>
        {
            using var live = new LiveState(4, rank);
            strategy.SaveCheckpoint(live.State, Path, null);
            using var loaded = strategy.LoadCheckpoint(Path, null);
            Assert.AreEqual(4, ((StateInteger)loaded[CheckpointKeys.GlobalStep]).Value);
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
            var operation = strategy.SaveCheckpoint(live.State, Path, null);
            if (rank == 0)
            {
                strategy.TearDown();
                Assert.AreEqual(CheckpointOutcome.Failed, operation.Outcome);
                Assert.Contains("unknown", operation.Failure!.Message);
            }
        });

        Assert.DoesNotContain(path => path.EndsWith(".json", StringComparison.Ordinal), storage.Paths);
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
                strategy.SaveCheckpoint(first.State, Path, null);
                strategy.TearDown();
                var operation = strategy.SaveCheckpoint(second.State, Path, null);
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

    [TestMethod]
    [DataRow(2)]
    [DataRow(1)]
    public void Fit_WithModelCheckpoint_RotatesFoldersAndResumes(int later)
    {
        var whole = Fit(2, "whole", 4, null);
        Fit(2, "parts", 2, null);

        // By its path: the checkpoint of the epoch is as new, and what a run has resumed from stays.
        var resumed = Fit(later, "parts", 4, System.IO.Path.Combine(Folder, "parts", "last.ckpt"));

        // Step by step the same; with another number of processes, sums differ by rounding.
        for (var index = 0; index < whole.Length; index++)
        {
            Assert.AreEqual(whole[index], resumed[index], later == 2 ? 0 : 1e-5f);
        }

        var folders = Directory.GetDirectories(System.IO.Path.Combine(Folder, "parts"), "*.ckpt");
        Assert.HasCount(3, folders, string.Join('\n', folders));
        foreach (var folder in folders)
        {
            Assert.IsTrue(File.Exists(System.IO.Path.Combine(folder, "model.safetensors.index.json")), folder);
        }
    }

    [TestMethod]
    public void Fit_FromASingleFile_ContinuesWithFoldersOfOtherNames()
    {
        var directory = System.IO.Path.Combine(Folder, "run");
        var file = System.IO.Path.Combine(directory, "last.ckpt");
        using (var strategy = new SingleDeviceStrategy(new TorchCheckpointIO()))
        {
            FitEpochs(strategy, 0, 1, directory, 2, null);
        }

        var before = File.ReadAllBytes(file);
        Run(2, new LocalStorage(), (strategy, rank) => FitEpochs(strategy, rank, 2, directory, 4, file));
        CollectionAssert.AreEqual(before, File.ReadAllBytes(file));
        Assert.IsTrue(Directory.Exists(System.IO.Path.Combine(directory, "last-v1.ckpt")));

        Run(2, new LocalStorage(), (strategy, rank) => FitEpochs(strategy, rank, 2, directory, 5, "last"));
        using var io = new SingleDeviceStrategy(new ShardedCheckpointIO());
        using var loaded = io.LoadCheckpoint(System.IO.Path.Combine(directory, "last-v1.ckpt"), null);
        Assert.AreEqual(5 * 4, ((StateInteger)loaded[CheckpointKeys.GlobalStep]).Value);
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
        using var loaded = io.LoadCheckpoint(System.IO.Path.Combine(Folder, "last.ckpt"), null);
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

    private static void Run(
        int ranks, IStorage storage, Action<InProcessStrategy, int> body, Func<CheckpointIO, int, CheckpointIO>? wrap = null) =>
        Run(ranks, _ => storage, body, wrap);

    private static void Run(
        int ranks, Func<int, IStorage> storageOf, Action<InProcessStrategy, int> body, Func<CheckpointIO, int, CheckpointIO>? wrap = null)
    {
        var group = new ProcessGroup(ranks);
        var ios = Enumerable.Range(0, ranks).Select(rank =>
        {
            CheckpointIO io = new ShardedCheckpointIO(storageOf(rank));
            return new AsyncCheckpointIO(wrap?.Invoke(io, rank) ?? io);
        }).ToList();
        Ranks.Run(ranks, rank =>
        {
            using var strategy = new InProcessStrategy(ios[rank], group, rank);
            body(strategy, rank);
        });
    }

    /// <summary>Saves two states of step 3, a resume point and another; the part of rank 1 of the other does not pass the gate.</summary>
    private static List<SaveOperation> SaveLastAndBest(
        IStrategy strategy, Func<TrainingState, string, SaveOptions?, SaveOperation> save, int rank, GatedCheckpointIO gate)
    {
        using var live = new LiveState(3, rank);
        var last = save(live.State, Path, new SaveOptions { IsResumePoint = true });
        strategy.CheckpointIO.BeforeParametersChange();
        if (rank == 1)
        {
            gate.ArrivalAsync(CancellationToken.None).GetAwaiter().GetResult();
        }

        using var other = new LiveState(3, rank);
        var best = save(other.State, "run/best.ckpt", null);
        strategy.CheckpointIO.BeforeParametersChange();
        if (rank == 1)
        {
            gate.LetOneThrough();
            gate.ArrivalAsync(CancellationToken.None).GetAwaiter().GetResult();
        }

        last.Captured.GetAwaiter().GetResult();
        best.Captured.GetAwaiter().GetResult();
        return [last, best];
    }

    private static long StepIn(IStorage storage)
    {
        using var io = new SingleDeviceStrategy(new ShardedCheckpointIO(storage));
        io.CheckpointIO.VerifyAsync(Path, CancellationToken.None).GetAwaiter().GetResult();
        using var loaded = io.LoadCheckpoint(Path, null);
        var step = ((StateInteger)loaded[CheckpointKeys.GlobalStep]).Value;
        using var expected = new LiveState((int)step, rank: 0);
        StateAssert.HaveSameValues(expected.State, loaded);
        return step;
    }

    private float[] Fit(int ranks, string name, int epochs, string? from)
    {
        var weights = new float[ranks][];
        Run(ranks, new LocalStorage(), (strategy, rank) =>
            weights[rank] = FitEpochs(strategy, rank, ranks, System.IO.Path.Combine(Folder, name), epochs, from));
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

    private static IEnumerable<Tensor> Data(int rank, int ranks)
    {
        for (var batch = 0; batch < 4; batch++)
        {
            var inputs = arange(16, dtype: ScalarType.Float32).view(4, 4) * ((batch + 1) / 40f);
            yield return ranks == 1 ? inputs : inputs.narrow(0, rank * 4 / ranks, 4 / ranks).clone();
        }
    }

    /// <summary>A clock on which each look finds that a minute has passed.</summary>
    private sealed class ElapsedTime : TimeProvider
    {
        private long _now;

        public override long GetTimestamp() => Interlocked.Add(ref _now, 60 * TimestampFrequency);
    }

    private sealed class SaveAtException(Action<Trainer> save) : Callback
    {
        public override void OnException(OnExceptionArguments arguments) => save(arguments.Trainer);
    }

    /// <summary>A state whose tensors are the same in all ranks, but one.</summary>
    private sealed class LiveState : IDisposable
    {
        private readonly List<Tensor> _tensors = [];

        public LiveState(int step, int rank)
        {
            var weights = new StateMap();
            var moments = new StateMap();
            for (var layer = 0; layer < 8; layer++)
            {
                weights.Add($"layer{layer}.weight", Shared(full(5 + layer, (float)step)));
                moments.Add(layer, new StateMap { ["exp_avg"] = Shared(full(5 + layer, step / 2f)) });
            }

            _tensors.Add(full(3, (float)(step + (100 * rank))));
            weights.Add("mean", TensorData.FromTensor(_tensors[^1]));
            State = new TrainingState(new StateMap
            {
                [CheckpointKeys.GlobalStep] = step,
                [CheckpointKeys.StateDict] = weights,
                [CheckpointKeys.OptimizerStates] = new StateList([new StateMap { ["state"] = moments }]),
            });
        }

        public TrainingState State { get; }

        public void Dispose() => _tensors.ForEach(tensor => tensor.Dispose());

        private TensorData Shared(Tensor tensor)
        {
            _tensors.Add(tensor);
            return TensorData.FromTensor(tensor, TensorStability.UntilParametersChange);
        }
    }

    private sealed class WideModule : TrainingModule<Tensor>
    {
        private readonly TorchSharp.Modules.Linear _first = nn.Linear(4, 8);
        private readonly TorchSharp.Modules.Linear _second = nn.Linear(8, 1);

        public WideModule()
            : base(nameof(WideModule))
        {
            RegisterComponents();
            using var _ = no_grad();
            foreach (var parameter in parameters())
            {
                parameter.copy_(arange(parameter.numel()).view(parameter.shape) / 50f);
            }
        }

        public Action<long>? OnStep { get; init; }

        public override OptimizerSetup ConfigureOptimizers() => optim.Adam(parameters(), 0.01);

        public override Tensor? TrainingStep(Tensor batch, int batchIndex)
        {
            OnStep?.Invoke(Trainer.GlobalStep);
            var loss = (_second.call(nn.functional.relu(_first.call(batch))) - batch.sum(1, keepdim: true)).square().mean();
            Log("loss", loss);
            return loss;
        }

        public float[] Weights() => [.. parameters().SelectMany(parameter => parameter.detach().flatten().data<float>().ToArray())];
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
