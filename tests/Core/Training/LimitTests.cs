using Microsoft.Extensions.Time.Testing;

namespace Fulgurite.Tests.Core.Training;

/// <summary>When a fit ends.</summary>
[TestClass]
public sealed class LimitTests
{
    [TestMethod]
    [TestProperty("Behaviour", "TR4")]
    [DataRow(null, 5L, 1, 5L, 1)]
    [DataRow(2, 100L, 1, 8L, 2)]
    [DataRow(3, 4L, 1, 4L, 1)]
    [DataRow(3, 0L, 1, 0L, 0)]
    [DataRow(0, 4L, 1, 0L, 0)]
    [DataRow(null, 3L, 3, 3L, 1, DisplayName = "steps are those of the optimizer")]
    public void Fit_MaxEpochsAndMaxSteps_TheFirstReachedWins(
        int? epochs, long? steps, int accumulate, long expectedSteps, int expectedEpochs)
    {
        var result = Fit(new TrainerOptions { MaxEpochs = epochs, MaxSteps = steps, AccumulateGradBatches = accumulate });

        Assert.AreEqual(FitStatus.Completed, result.Status);
        Assert.AreEqual(expectedSteps, result.GlobalStep);
        Assert.AreEqual(expectedEpochs, result.EpochsCompleted);
    }

    [TestMethod]
    [TestProperty("Behaviour", "TR5")]
    [TestProperty("Behaviour", "LP20")]
    [DataRow(null, null, 2L, 0)]
    [DataRow(1, null, 4L, 1)]
    [DataRow(2, null, 8L, 2)]
    [DataRow(null, 3L, 3L, 0)]
    [DataRow(null, 6L, 6L, 1)]
    [DataRow(1, 6L, 6L, 1)]
    [DataRow(2, 6L, 8L, 2)]
    [DataRow(0, 0L, 2L, 0)]
    public void RequestStop_MinEpochsAndMinSteps_WaitForBoth(int? minEpochs, long? minSteps, long steps, int epochs)
    {
        using var messages = new CollectingLogger(LogLevel.Information);

        var result = Fit(
            new TrainerOptions { MaxEpochs = 4, MinEpochs = minEpochs, MinSteps = minSteps },
            [new StoppingCallback(afterStep: 2)],
            messages);

        Assert.AreEqual(FitStatus.Stopped, result.Status);
        Assert.AreEqual(steps, result.GlobalStep);
        Assert.AreEqual(epochs, result.EpochsCompleted);
        Assert.HasCount(
            steps > 2 ? 1 : 0,
            messages.Messages.Where(message => message.Contains("MinEpochs", StringComparison.Ordinal)).ToList(),
            "said once");
    }

    [TestMethod]
    [TestProperty("Behaviour", "LP20")]
    public void RequestStop_OnTheLastBatch_EndsTheEpochWithItsValidation()
    {
        var hooks = new List<string>();

        var result = Fit(new TrainerOptions { MaxEpochs = 4 }, [new StoppingCallback(afterStep: 4), new RecordingCallback(hooks)]);

        Assert.AreEqual(FitStatus.Stopped, result.Status);
        Assert.AreEqual(1, result.EpochsCompleted);
        Assert.HasCount(1, hooks.Where(hook => hook == "callback.OnValidationEnd").ToList());
        Assert.HasCount(1, hooks.Where(hook => hook == "callback.OnTrainEpochEnd").ToList());
    }

    [TestMethod]
    [TestProperty("Behaviour", "TR18")]
    [TestProperty("Behaviour", "RS4")]
    public void Fit_Twice_EachStartsAnewAndKeepsTheLimits()
    {
        using var module = new SmallModule();
        var trainer = new Trainer(new SingleDeviceStrategy(new InMemoryCheckpointIO()), new TrainerOptions { MaxSteps = 3 });

        Assert.AreEqual(3, trainer.Fit(module, new SmallData(4)).GlobalStep);
        Assert.AreEqual(3, trainer.Fit(module, new SmallData(4)).GlobalStep);
        Assert.HasCount(6, module.Losses);
    }

    [TestMethod]
    public void Fit_MaxTime_EndsAtTheStepBoundaryAfterIt()
    {
        var clock = new FakeTimeProvider();

        var result = Fit(new TrainerOptions { MaxTime = TimeSpan.FromSeconds(50) }, [new TickingCallback(clock)], clock: clock);

        Assert.AreEqual(FitStatus.Completed, result.Status);
        Assert.AreEqual(5, result.GlobalStep, "ten seconds a step");
    }

    [TestMethod]
    [TestProperty("Behaviour", "TM1")]
    public void Fit_MaxTimeResumed_CountsTheTimeBefore()
    {
        var clock = new FakeTimeProvider();
        var storage = new InMemoryCheckpointIO();
        using var module = new SmallModule();
        Callback[] callbacks = [new TickingCallback(clock), new SavingCheckpoint { AtBatchEnd = trainer => trainer.GlobalStep == 3 }];
        new Trainer(
            new SingleDeviceStrategy(storage),
            new TrainerOptions { MaxTime = TimeSpan.FromSeconds(50), MaxSteps = 3 },
            callbacks,
            timeProvider: clock)
            .Fit(module, new SmallData(4));
        clock.Advance(TimeSpan.FromHours(1));

        var trainer = new Trainer(
            new SingleDeviceStrategy(storage),
            new TrainerOptions { MaxTime = TimeSpan.FromSeconds(50) },
            [new TickingCallback(clock)],
            timeProvider: clock);
        var result = trainer.Fit(module, new SmallData(4), checkpointPath: "batch3.ckpt");

        Assert.AreEqual(5, result.GlobalStep);
        Assert.AreEqual(TimeSpan.FromSeconds(50), trainer.Elapsed);
    }

    [TestMethod]
    [TestProperty("Behaviour", "TR17")]
    [TestProperty("Behaviour", "LP8")]
    [DataRow(1, 7L)]
    [DataRow(2, 4L)]
    [DataRow(3, 3L)]
    [DataRow(9, 1L)]
    public void Fit_Accumulation_StepsWithWhatIsLeftAtTheEndOfTheEpoch(int accumulate, long steps)
    {
        using var module = new SmallModule();
        var trainer = new Trainer(
            new SingleDeviceStrategy(new InMemoryCheckpointIO()), new TrainerOptions { MaxEpochs = 1, AccumulateGradBatches = accumulate });

        Assert.AreEqual(steps, trainer.Fit(module, new SmallData(7)).GlobalStep);
        Assert.AreEqual(steps, trainer.Fit(module, new SmallData(7).Select(batch => batch)).GlobalStep, "of unknown length");
    }

    [TestMethod]
    [TestProperty("Behaviour", "LP7")]
    [TestProperty("Behaviour", "LP8")]
    [DynamicData(nameof(Stops))]
    public void Fit_StoppedByAnException_LeavesCountersOfClosedForm(int accumulate, int epoch, int batch)
    {
        const int Batches = 3;
        using var module = new SmallModule();
        var storage = new InMemoryCheckpointIO();
        var thrower = new ThrowingCallback(epoch, batch);
        var saving = new SavingCheckpoint { OnInterruption = true };
        var trainer = new Trainer(
            new SingleDeviceStrategy(storage), new TrainerOptions { MaxEpochs = 3, AccumulateGradBatches = accumulate }, [thrower, saving]);

        Assert.ThrowsExactly<InvalidDataException>(() => trainer.Fit(module, new SmallData(Batches)));

        var progress = storage["stopped.ckpt"].Find("fulgurite.progress")!.AsMap();
        var stepsOfAnEpoch = (Batches + accumulate - 1) / accumulate;
        Assert.AreEqual(epoch, progress["epochs"].AsInteger());
        Assert.AreEqual(batch, progress["batches"].AsInteger());
        Assert.AreEqual((epoch * Batches) + batch, progress["total_batches"].AsInteger());
        Assert.AreEqual((epoch * stepsOfAnEpoch) + (batch / accumulate), progress["global_step"].AsInteger());
        Assert.AreEqual(batch % accumulate, progress["accumulated"].AsInteger());
    }

    public static IEnumerable<(int Accumulate, int Epoch, int Batch)> Stops =>
        from accumulate in new[] { 1, 2, 3 }
        from epoch in new[] { 0, 1 }
        from batch in new[] { 0, 1, 2 }
        select (accumulate, epoch, batch);

    private static FitResult Fit(
        TrainerOptions options, Callback[]? callbacks = null, CollectingLogger? messages = null, TimeProvider? clock = null)
    {
        using var module = new SmallModule();
        var trainer = new Trainer(
            new SingleDeviceStrategy(new InMemoryCheckpointIO()), options, callbacks, loggerFactory: messages, timeProvider: clock);
        return trainer.Fit(module, new SmallData(4), new SmallData(1));
    }

    private sealed class StoppingCallback(long afterStep) : Callback
    {
        public override void OnTrainBatchEnd(OnTrainBatchEndArguments arguments)
        {
            if (arguments.Trainer.GlobalStep == afterStep)
            {
                arguments.Trainer.RequestStop();
            }
        }
    }

    private sealed class TickingCallback(FakeTimeProvider clock) : Callback
    {
        public override void OnTrainBatchStart(OnTrainBatchStartArguments arguments) => clock.Advance(TimeSpan.FromSeconds(10));
    }

    private sealed class ThrowingCallback(int epoch, int batch) : Callback
    {
        public override void OnTrainBatchStart(OnTrainBatchStartArguments arguments)
        {
            if (arguments.Trainer.CurrentEpoch == epoch && arguments.BatchIndex == batch)
            {
                throw new InvalidDataException("stop here");
            }
        }
    }
}
