namespace Fulgurite.Tests.Core.Numerics;

[TestClass]
[DoNotParallelize]
public sealed class ReproducibilityTests
{
    [TestMethod]
    public void Fit_SameSeedOption_TrainsTheSameWhateverWasDrawnBefore()
    {
        var runs = Enumerable.Range(0, 2).Select(run =>
        {
            Trainer.SeedEverything(1);
            using var module = new NumericsModule();
            using var drawn = randn(run + 1);
            Fit(module, new InMemoryCheckpointIO(), new TrainerOptions { Seed = 9, MaxEpochs = 1, Deterministic = true });
            return module.Bits();
        }).ToList();

        Assert.AreSequenceEqual(runs[0], runs[1]);
    }

    [TestMethod]
    public void Fit_Resumed_RemembersTheSeedOfTheRun()
    {
        var storage = Stopped();
        Trainer.SeedEverything(1);
        using var module = new NumericsModule();

        Fit(module, storage, new TrainerOptions { Seed = 9, MaxEpochs = 1 }, "stopped");

        Assert.AreEqual(9, Trainer.Seed);
    }

    [TestMethod]
    public void Fit_DeterministicWithOtherThreads_IsRefused()
    {
        var storage = Stopped();
        var threads = get_num_threads();
        set_num_threads(threads + 1);
        try
        {
            using var module = new NumericsModule();
            var exception = Assert.ThrowsExactly<InvalidOperationException>(
                () => Fit(module, storage, new TrainerOptions { MaxEpochs = 1, Deterministic = true }, "stopped"));

            Assert.AreEqual(
                "The checkpoint 'stopped' does not fit this training. Deterministic is true, but the checkpoint was saved under other "
                    + $"conditions, which affect the last bits: threads {threads} (now {threads + 1}). "
                    + "Resume under the same conditions (torch.set_num_threads sets the threads), or set Deterministic to false.",
                exception.Message);
        }
        finally
        {
            set_num_threads(threads);
        }
    }

    [TestMethod]
    public void Fit_OtherThreads_IsWarnedOf()
    {
        var storage = Stopped();
        var threads = get_num_threads();
        var log = new CollectingLogger(LogLevel.Warning);
        set_num_threads(threads + 1);
        try
        {
            using var module = new NumericsModule();
            Fit(module, storage, new TrainerOptions { MaxEpochs = 1 }, "stopped", log);
        }
        finally
        {
            set_num_threads(threads);
        }

        Assert.AreSequenceEqual(
            [
                "Checkpoint stopped was saved under other conditions, so the resumed run may differ in the last bits from an "
                    + $"uninterrupted one: threads {threads} (now {threads + 1})",
            ],
            log.Messages);
    }

    [TestMethod]
    public void Fit_OtherKernelsAndProcessor_IsWarnedOfInOneLine()
    {
        var storage = Stopped(numerics => (numerics["kernels"], numerics["processor"]) = ("default", "An older one, AVX2"));
        var log = new CollectingLogger(LogLevel.Warning);
        using var module = new NumericsModule();

        Fit(module, storage, new TrainerOptions { MaxEpochs = 1 }, "stopped", log);

        Assert.ContainsSingle(log.Messages);
        Assert.EndsWith(
            $": kernels default (now {ReproducibleKernels.Mode}); processor An older one, AVX2 (now {Processor.Description})",
            log.Messages[0]);
    }

    [TestMethod]
    public void Evaluation_OtherConditions_IsNotWarnedOf()
    {
        var storage = Stopped(numerics => (numerics["threads"], numerics["processor"]) = (99, "An older one, AVX2"));
        var log = new CollectingLogger(LogLevel.Warning);
        using var module = new NumericsModule();
        using var strategy = new SingleDeviceStrategy(storage);
        using var trainer = new Trainer(strategy, new TrainerOptions { Deterministic = true }, loggerFactory: log);

        trainer.LoadWeights(module, "stopped");
        trainer.Validate(module, NumericsModule.Batches(), "stopped");

        Assert.IsEmpty(log.Messages.Where(message => !message.Contains(nameof(NumericsModule.ValidationStep), StringComparison.Ordinal)));
    }

    [TestMethod]
    public void Constructor_DeterministicOffTheCpu_IsRefused()
    {
        using var strategy = new SingleDeviceStrategy(new InMemoryCheckpointIO(), META);

        var exception = Assert.ThrowsExactly<NotSupportedException>(
            () => new Trainer(strategy, new TrainerOptions { Deterministic = true, EnableCheckpointing = false }));

        Assert.AreEqual(
            $"TrainerOptions.Deterministic is true and SingleDeviceStrategy trains on {META}, where TorchSharp cannot enable "
                + "deterministic algorithms in libtorch. Train on the CPU, or set Deterministic to false; "
                + "runs may then differ in the last bits.",
            exception.Message);
    }

    private static InMemoryCheckpointIO Stopped(Action<StateMap>? change = null)
    {
        var storage = new InMemoryCheckpointIO();
        using var module = new NumericsModule();
        Fit(module, storage, new TrainerOptions { Seed = 9, MaxEpochs = 1 }, change: change);
        return storage;
    }

    private static void Fit(
        NumericsModule module,
        CheckpointIO storage,
        TrainerOptions options,
        string? resumeFrom = null,
        CollectingLogger? log = null,
        Action<StateMap>? change = null)
    {
        using var strategy = new SingleDeviceStrategy(storage);
        using var trainer = new Trainer(
            strategy, options, [new StopAndSave(resumeFrom is null ? 3 : null) { ChangeNumerics = change }], loggerFactory: log);
        trainer.Fit(module, NumericsModule.Batches().ToSource(), checkpointPath: resumeFrom);
    }
}
