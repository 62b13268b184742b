namespace Fulgurite.Tests.Callbacks.OnException;

[TestClass]
public sealed class OnExceptionCheckpointTests
{
    private const string Path1 = "mem://run/on_exception.ckpt";

    [TestMethod]
    public void Fit_EndsWell_SavesNothing()
    {
        var store = new InMemoryCheckpointIO();

        Fit(store, 2);

        Assert.IsEmpty(store.Paths);
    }

    [TestMethod]
    [TestProperty("Behaviour", "TR6")]
    public void Fit_Throws_SavesWhereItWasAndGoesOnFromThere()
    {
        var store = new InMemoryCheckpointIO();
        Assert.ThrowsExactly<InvalidDataException>(() => Fit(store, 4, failInEpoch: 3));
        Assert.AreSequenceEqual([Path1], store.Paths);

        var result = Fit(store, 4, resume: "last");

        Assert.AreEqual(8, result.GlobalStep);
        Assert.AreSequenceEqual([Path1], store.Paths, "nothing newer was saved, so it stays");
    }

    [TestMethod]
    public void Fit_ResumedFromItAndSavedANewerOne_RemovesIt()
    {
        var store = new InMemoryCheckpointIO();
        Assert.ThrowsExactly<InvalidDataException>(() => Fit(store, 4, failInEpoch: 3));

        Fit(
            store, 4, resume: "last",
            others: new ModelCheckpoint(new ModelCheckpointOptions { DirPath = "mem://run", SaveTopK = 0, SaveLast = true }));

        Assert.AreSequenceEqual(["mem://run/last.ckpt"], store.Paths);
    }

    [TestMethod]
    public void Fit_ThrowsBeforeAnythingIsTrained_LeavesTheOldFile()
    {
        var store = new InMemoryCheckpointIO();
        Assert.ThrowsExactly<InvalidDataException>(() => Fit(store, 4, failInEpoch: 3));
        var writes = store.Writes;

        Assert.ThrowsExactly<InvalidDataException>(() => Fit(store, 4, failInEpoch: 1));

        Assert.AreEqual(writes, store.Writes);
    }

    [TestMethod]
    public void Fit_IsTold_SavesAsConfigured()
    {
        foreach (var onInterruption in new[] { true, false })
        {
            var store = new InMemoryCheckpointIO();
            using var source = new CancellationTokenSource();
            var epochs = 0;
            var stopping = new HookCallback
            {
                EpochStart = () =>
                {
                    if (++epochs == 2)
                    {
                        source.Cancel();
                    }
                },
            };
            using var strategy = new SingleDeviceStrategy(store);
            using var module = new PolicyModule();
            var callback = new OnExceptionCheckpoint(new OnExceptionOptions { DirPath = "mem://run", OnInterruption = onInterruption });

            var result = new Trainer(strategy, new TrainerOptions { MaxEpochs = 4 }, [stopping, callback]).Fit(
                module, PolicyModule.Data(2), cancellationToken: source.Token);

            Assert.AreEqual(FitStatus.Cancelled, result.Status);
            Assert.AreEqual(onInterruption ? 1 : 0, store.Writes);
            Assert.AreEqual(onInterruption ? Path1 : null, callback.LastModelPath);
        }
    }

    [TestMethod]
    public void OnCheckpointDurable_CallbacksAndLoggers_HearPathScoreBytesAndTimes()
    {
        var logger = new HearingLogger();
        var heard = new List<SaveOperation>();
        using var strategy = new SingleDeviceStrategy(new InMemoryCheckpointIO());
        using var module = new PolicyModule { Validation = _ => 0.25 };
        var callback = new ModelCheckpoint(new ModelCheckpointOptions { DirPath = "mem://run", Monitor = "val" });

        new Trainer(strategy, new TrainerOptions { MaxEpochs = 1 }, [new Hearing(heard), callback], [logger]).Fit(
            module, PolicyModule.Data(2), PolicyModule.Data(1));

        Assert.HasCount(1, logger.Heard);
        var operation = logger.Heard[0];
        Assert.AreSame(operation, heard.Single());
        Assert.AreEqual("mem://run/epoch=0-step=2.ckpt", operation.Path);
        Assert.AreEqual(0.25, operation.Options.Score);
        Assert.IsGreaterThan(0L, operation.ByteCount);
        Assert.AreEqual(CheckpointOutcome.Durable, operation.Outcome);
        Assert.AreEqual(2, logger.Steps.Single());
    }

    [TestMethod]
    [DataRow("all")]
    [DataRow("in memory")]
    [DataRow("weights in memory")]
    public void LogCheckpoint_EndsLaterThanItsStep_HasTheStepOfItsState(string kind)
    {
        var logger = new HearingLogger();
        var io = new HeldCheckpointIO();
        using var strategy = new SingleDeviceStrategy(io);
        using var module = new PolicyModule { Validation = number => number };
        using var best = new BestInMemoryCheckpoint(
            new() { DirPath = "mem://run", Monitor = "val", SaveWeightsOnly = kind != "in memory" });
        Checkpoint callback = kind == "all"
            ? new ModelCheckpoint(new() { DirPath = "mem://run", EveryNTrainSteps = 2, SaveTopK = -1 })
            : best;
        var release = new HookCallback { EpochStart = () => io.Release() };

        new Trainer(strategy, new TrainerOptions { MaxEpochs = 2 }, [release, callback], [logger])
            .Fit(module, PolicyModule.Data(3), PolicyModule.Data(1));

        Assert.AreSequenceEqual(kind == "all" ? new long[] { 2, 4, 6 } : [3], logger.Steps);
    }

    [TestMethod]
    [DataRow("on_exception", false)]
    [DataRow("on_exception", true)]
    [DataRow("{step}", false)]
    public async Task Fit_TwoRunsTogetherFail_EachHasAFileOfItsOwn(string filename, bool oneAfterTheOther)
    {
        var folder = Directory.CreateTempSubdirectory("fulgurite-exception").FullName;
        try
        {
            using var start = new Barrier(2);
            using var ended = new SemaphoreSlim(oneAfterTheOther ? 0 : 1);
            var paths = await Task.WhenAll(Enumerable.Range(0, 2).Select(number => Task.Factory.StartNew(
                () =>
                {
                    var epochs = 0;
                    var failing = new HookCallback
                    {
                        FitStart = () => start.SignalAndWait(),
                        EpochStart = () =>
                        {
                            if (++epochs == 2)
                            {
                                _ = number == 1 || ended.Wait(TimeSpan.FromMinutes(1));
                                throw new InvalidDataException("not now");
                            }

                            start.SignalAndWait();
                        },
                    };
                    using var strategy = new SingleDeviceStrategy(new TorchCheckpointIO());
                    using var module = new PolicyModule();
                    var callback = new OnExceptionCheckpoint(new OnExceptionOptions { DirPath = folder, Filename = filename });
                    Assert.ThrowsExactly<InvalidDataException>(() =>
                        new Trainer(strategy, new TrainerOptions { MaxEpochs = 4 }, [failing, callback]).Fit(module, PolicyModule.Data(2)));
                    if (number == 1 && oneAfterTheOther)
                    {
                        ended.Release();
                    }

                    return callback.LastModelPath;
                },
                CancellationToken.None,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default)));

            Assert.AreSequenceEqual(paths.Order(StringComparer.Ordinal),
                Directory.GetFileSystemEntries(folder).Order(StringComparer.Ordinal));
            Assert.HasCount(2, paths.Distinct(StringComparer.Ordinal));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [TestMethod]
    public void Fit_FailsAgain_ReplacesTheFile()
    {
        var store = new InMemoryCheckpointIO();
        Assert.ThrowsExactly<InvalidDataException>(() => Fit(store, 4, failInEpoch: 3));
        Assert.ThrowsExactly<InvalidDataException>(() => Fit(store, 4, failInEpoch: 2, resume: "last"));
        Assert.ThrowsExactly<InvalidDataException>(() => Fit(store, 4, failInEpoch: 2));

        Assert.AreSequenceEqual([Path1], store.Paths);
    }

    private static FitResult Fit(
        InMemoryCheckpointIO store, int epochs, int failInEpoch = 0, string? resume = null, params Callback[] others)
    {
        var started = 0;
        var failing = new HookCallback { EpochStart = () => _ = ++started == failInEpoch ? throw new InvalidDataException("not now") : 0 };
        using var strategy = new SingleDeviceStrategy(store);
        using var module = new PolicyModule();
        var callback = new OnExceptionCheckpoint(new OnExceptionOptions { DirPath = "mem://run" });
        return new Trainer(strategy, new TrainerOptions { MaxEpochs = epochs }, [failing, callback, .. others]).Fit(
            module, PolicyModule.Data(2), checkpointPath: resume);
    }

    private sealed class Hearing(List<SaveOperation> heard) : Callback
    {
        public override void OnCheckpointDurable(OnCheckpointDurableArguments arguments) => heard.Add(arguments.Operation);
    }

    private sealed class HearingLogger : IMetricLogger
    {
        public List<SaveOperation> Heard { get; } = [];

        public void LogMetrics(IReadOnlyDictionary<string, double> metrics, long globalStep, int epoch)
        {
        }

        public List<long> Steps { get; } = [];

        public void LogCheckpoint(SaveOperation operation, long globalStep)
        {
            Heard.Add(operation);
            Steps.Add(globalStep);
        }
    }
}
