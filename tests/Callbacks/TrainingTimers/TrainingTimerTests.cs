namespace Fulgurite.Tests.Callbacks.TrainingTimers;

[TestClass]
public sealed class TrainingTimerTests
{
    private readonly FakeTimeProvider _clock = new();

    [TestMethod]
    [DataRow(TimerInterval.Batch, 5)]
    [DataRow(TimerInterval.Epoch, 8)]
    public void Fit_TimeIsOver_StopsAfterTheBatchOrTheEpoch(TimerInterval interval, int steps)
    {
        var timer = new TrainingTimer(new TrainingTimerOptions { Duration = TimeSpan.FromSeconds(5), Interval = interval }, _clock);

        var result = Fit(timer, new HeldCheckpointIO());

        Assert.AreEqual(FitStatus.Stopped, result.Status);
        Assert.AreEqual(steps, result.GlobalStep);
        Assert.AreEqual(TimeSpan.FromSeconds(steps), timer.Elapsed);
        Assert.AreEqual(TimeSpan.Zero, timer.Remaining);
    }

    [TestMethod]
    public void Fit_NoLimit_OnlyMeasures()
    {
        var timer = new TrainingTimer(time: _clock);

        var result = Fit(timer, new HeldCheckpointIO());
        _clock.Advance(TimeSpan.FromHours(1));

        Assert.AreEqual(FitStatus.Completed, result.Status);
        Assert.AreEqual(TimeSpan.FromSeconds(12), timer.Elapsed);
        Assert.IsNull(timer.Remaining);
    }

    [TestMethod]
    [TestProperty("Behaviour", "TM1")]
    public void Fit_Resumed_GoesOnWithTheTimeOfTheFirstRun()
    {
        var storage = new HeldCheckpointIO { Open = true };
        Fit(new TrainingTimer(new TrainingTimerOptions { Duration = TimeSpan.FromSeconds(3) }, _clock), storage);
        _clock.Advance(TimeSpan.FromDays(1));

        var timer = new TrainingTimer(new TrainingTimerOptions { Duration = TimeSpan.FromSeconds(7) }, _clock);
        var result = Fit(timer, storage, "final.ckpt");

        Assert.AreEqual(7, result.GlobalStep);
        Assert.AreEqual(TimeSpan.FromSeconds(7), timer.Elapsed);
    }

    [TestMethod]
    public void Fit_ResumedWithNoTimeLeft_DoesNothing()
    {
        var storage = new HeldCheckpointIO { Open = true };
        Fit(new TrainingTimer(new TrainingTimerOptions { Duration = TimeSpan.FromSeconds(3) }, _clock), storage);

        var result = Fit(new TrainingTimer(new TrainingTimerOptions { Duration = TimeSpan.FromSeconds(3) }, _clock), storage, "final.ckpt");

        Assert.AreEqual(FitStatus.Stopped, result.Status);
        Assert.AreEqual(3, result.GlobalStep);
    }

    [TestMethod]
    public void Constructor_NegativeDuration_IsRefused()
    {
        var error = Assert.ThrowsExactly<ArgumentException>(
            () => new TrainingTimer(new TrainingTimerOptions { Duration = TimeSpan.FromSeconds(-1) }));

        Assert.Contains("Duration is -00:00:01; allowed is 00:00:00 or more.", error.Message);
    }

    [TestMethod]
    public void AddCallback_Configured_IsMadeWithItsOptions()
    {
        using var trainer = Trainer.Create(builder => builder
            .AddStrategy(new SingleDeviceStrategy(new HeldCheckpointIO()))
            .AddCallback<TrainingTimer>(options => options.Duration = TimeSpan.FromHours(1)));

        Assert.AreEqual(TimeSpan.FromHours(1), trainer.Callbacks.OfType<TrainingTimer>().Single().Options.Duration);
    }

    private FitResult Fit(TrainingTimer timer, HeldCheckpointIO storage, string? resume = null)
    {
        using var module = new ScriptedModule();
        var second = new LambdaCallback().On<OnTrainBatchStartArguments>(_ => _clock.Advance(TimeSpan.FromSeconds(1)));
        return new Trainer(new SingleDeviceStrategy(storage), new TrainerOptions { MaxEpochs = 3 }, [second, timer, new SavingCallback()])
            .Fit(module, ScriptedModule.Data(4), checkpointPath: resume);
    }
}
