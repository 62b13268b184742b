namespace Fulgurite.Tests.Core.Interruptions;

/// <summary>Runs that end early: whatever hook throws, the caller gets that exception, after everything was drained.</summary>
[TestClass]
public sealed class EarlyEndTests
{
    /// <summary>Every hook that a fit with validation calls, as a run itself tells.</summary>
    public static IEnumerable<string> Hooks
    {
        get
        {
            var hooks = new List<string>();
            using var module = new SmallModule();
            using var trainer = Trainer(new InMemoryCheckpointIO(), new RecordingCallback(hooks), new SavingCheckpoint());
            trainer.Fit(module, new SmallData(3), new SmallData(1));
            return [.. hooks.Select(hook => hook["callback.".Length..]).Distinct(StringComparer.Ordinal)];
        }
    }

    [TestMethod]
    public void Hooks_OfAFit_AreAllTried() => Assert.IsGreaterThanOrEqualTo(20, Hooks.Count());

    [TestMethod]
    [DynamicData(nameof(Hooks))]
    [TestProperty("Behaviour", "TR14")]
    public async Task Fit_HookThrows_TheCallerGetsItUnmaskedAfterDraining(string hook)
    {
        var storage = new InMemoryCheckpointIO();
        await using var io = new AsyncCheckpointIO(new SlowCheckpointIO(storage, bytesPerSecond: 500_000));
        var thrown = new InvalidOperationException($"From {hook}.");
        var hooks = new List<string>();
        var saving = new SavingCheckpoint { AtBatchEnd = _ => true };
        var recording = new RecordingCallback(hooks) { OnHook = name => Throw(name, hook, thrown, saving) };
        using var module = new SmallModule();
        using var trainer = Trainer(io, recording, saving);

        var caught = Assert.ThrowsExactly<InvalidOperationException>(() => trainer.Fit(module, new SmallData(3), new SmallData(1)));

        Assert.AreSame(thrown, caught);
        Assert.IsTrue(saving.Operations.TrueForAll(operation => operation.Outcome == CheckpointOutcome.Durable));
        Assert.AreEqual(saving.Operations.Count, storage.Paths.Count);
        Assert.AreEqual(1, hooks.Count(name => name.EndsWith("TearDown(Fit)", StringComparison.Ordinal)));
        Assert.IsFalse(trainer.IsFitting);

        // The trainer is as good as new.
        recording.OnHook = null;
        Assert.AreEqual(FitStatus.Completed, trainer.Fit(module, new SmallData(3), new SmallData(1)).Status);
    }

    [TestMethod]
    public async Task Fit_CancelledAndStorageIsStuck_FailsAfterDrainTimeoutWithTheFile()
    {
        using var cancellation = new CancellationTokenSource();
        var gate = new GatedCheckpointIO(new InMemoryCheckpointIO());
        await using var io = new AsyncCheckpointIO(gate);
        var saving = new SavingCheckpoint { OnInterruption = true, AtBatchEnd = _ => CancelAndDoNotSave(cancellation) };
        using var module = new SmallModule();
        using var trainer = new Trainer(
            new SingleDeviceStrategy(io),
            new TrainerOptions { MaxEpochs = 1, DrainTimeout = TimeSpan.FromMilliseconds(50) },
            [saving]);

        var error = Assert.ThrowsExactly<CheckpointException>(
            () => trainer.Fit(module, new SmallData(3), cancellationToken: cancellation.Token));

        Assert.Contains("'stopped.ckpt' was not durable 00:00:00.0500000 after", error.Message);
        Assert.AreEqual(CheckpointOutcome.Pending, saving.Operations.Single().Outcome);
        gate.Open();
        await saving.Operations.Single().Durable;
    }

    [TestMethod]
    public async Task Fit_ExceptionAndStorageIsStuck_StillThrowsTheException()
    {
        var gate = new GatedCheckpointIO(new InMemoryCheckpointIO());
        await using var io = new AsyncCheckpointIO(gate);
        var thrown = new InvalidDataException("Damaged.");
        var data = DataSource.From(
            Dataset.Create(18, (Tensor, Tensor) (arguments) => arguments.Index == 15 ? throw thrown : (rand(4), rand(1))),
            new() { BatchSize = 6, Workers = 2 });
        using var module = new SmallModule();
        using var trainer = new Trainer(
            new SingleDeviceStrategy(io),
            new TrainerOptions { MaxEpochs = 1, DrainTimeout = TimeSpan.FromMilliseconds(50) },
            [new SavingCheckpoint { AtBatchEnd = _ => true }]);

        var error = Assert.ThrowsExactly<DataSourceException>(() => trainer.Fit(module, data));

        Assert.AreSame(thrown, error.InnerException);
        gate.Open();
    }

    [TestMethod]
    public void DrainTimeout_NotAllowed_IsNamed()
    {
        var error = Assert.Throws<Exception>(
            () => new Trainer(new SingleDeviceStrategy(new InMemoryCheckpointIO()), new TrainerOptions { DrainTimeout = TimeSpan.Zero }));

        Assert.Contains("DrainTimeout is 00:00:00", error.Message);
    }

    private static bool CancelAndDoNotSave(CancellationTokenSource cancellation)
    {
        cancellation.Cancel();
        return false;
    }

    private static void Throw(string name, string wanted, Exception exception, SavingCheckpoint saving)
    {
        // As late as a hook may come: something is being saved by then, where the hook leaves time for it.
        var later = wanted.StartsWith("OnTrainBatch", StringComparison.Ordinal)
            || wanted.StartsWith("OnBefore", StringComparison.Ordinal)
            || wanted.StartsWith("OnAfter", StringComparison.Ordinal);
        if (string.Equals(name, wanted, StringComparison.Ordinal) && (!later || saving.Operations.Count > 0))
        {
            throw exception;
        }
    }

    private static Trainer Trainer(CheckpointIO io, params Callback[] callbacks) =>
        new(new SingleDeviceStrategy(io), new TrainerOptions { MaxEpochs = 1, SanityValidationSteps = 1 }, callbacks);
}
