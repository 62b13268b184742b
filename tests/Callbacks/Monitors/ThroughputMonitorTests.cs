namespace Fulgurite.Tests.Callbacks.Monitors;

[TestClass]
public sealed class ThroughputMonitorTests
{
    [TestMethod]
    public void Fit_KnownTimes_GivesTheSpeedOfTheWindowWithoutValidations()
    {
        var clock = new FakeTimeProvider();
        var logger = new CollectingMetricLogger();
        var monitor = new ThroughputMonitor(
            new ThroughputMonitorOptions { WindowSize = 4, FlopsPerBatch = 1e6, PeakFlopsPerSecond = 1e7 }, clock)
        {
            CountTokens = _ => 10,
        };
        var batch = 0;
        var clockwork = new LambdaCallback()
            .On<OnTrainBatchStartArguments>(_ => clock.Advance(TimeSpan.FromSeconds(++batch > 4 ? 0.25 : 1)))
            .On<OnValidationBatchStartArguments>(_ => clock.Advance(TimeSpan.FromHours(1)));
        using var module = new ScriptedModule(1, 2, 3, 4);

        new Trainer(
            new SingleDeviceStrategy(new HeldCheckpointIO()),
            new TrainerOptions { MaxEpochs = 2, LogEveryNSteps = 4, ValidationInterval = 2 },
            [clockwork, monitor],
            [logger]).Fit(module, ScriptedModule.Data(4), ScriptedModule.Data(1));

        Assert.AreSequenceEqual<(double, long)>([(1, 4), (4, 8)], logger.Of("train/batches_per_sec"));
        Assert.AreSequenceEqual<(double, long)>([(3, 4), (12, 8)], logger.Of("train/samples_per_sec"), "batches of three");
        Assert.AreSequenceEqual<(double, long)>([(10, 4), (40, 8)], logger.Of("train/tokens_per_sec"));
        Assert.AreSequenceEqual<(double, long)>([(1e6, 4), (4e6, 8)], logger.Of("train/flops_per_sec"));
        Assert.AreSequenceEqual<(double, long)>([(0.1, 4), (0.4, 8)], logger.Of("train/utilization"));
        Assert.AreEqual(new Throughput(4, 12, 40, 4e6, 0.4), monitor.Latest);
    }

    [TestMethod]
    public void BatchSize_OfWhatBatchesAre_IsTheFirstDimensionOfTheFirstTensor()
    {
        using var five = zeros(5, 2);
        using var seven = zeros(7);
        using var scalar = tensor(1.0);

        Assert.AreEqual(5, BatchSize.Find(five));
        Assert.AreEqual(5, BatchSize.Find((five, seven)));
        Assert.AreEqual(5, BatchSize.Find(("name", (five, seven))));
        Assert.AreEqual(7, BatchSize.Find(new Dictionary<string, Tensor>(StringComparer.Ordinal) { ["inputs"] = seven }));
        Assert.AreEqual(7, BatchSize.Find(new List<object> { 3, seven }));
        Assert.IsNull(BatchSize.Find(scalar));
        Assert.IsNull(BatchSize.Find("text"));
        Assert.IsNull(BatchSize.Find(null));
    }

    [TestMethod]
    public void DeviceStats_EveryTwoSteps_SendsWhatTheProcessUses()
    {
        var logger = new CollectingMetricLogger();
        using var module = new ScriptedModule();

        new Trainer(
            new SingleDeviceStrategy(new HeldCheckpointIO()),
            new TrainerOptions { MaxEpochs = 1 },
            [new DeviceStatsMonitor(new DeviceStatsMonitorOptions { EveryNSteps = 2 })],
            [logger]).Fit(module, ScriptedModule.Data(5));

        Assert.AreSequenceEqual<long>([2, 4], logger.Of("process/threads").Select(entry => entry.Step));
        Assert.IsTrue(logger.Of("process/memory_mb").All(entry => entry.Value > 10));
        Assert.IsTrue(logger.Of("gc/heap_mb").All(entry => entry.Value > 0));
        Assert.IsTrue(logger.Of("torch/live_tensors").All(entry => entry.Value > 0));
    }

    [TestMethod]
    public void Fit_BatchesOfUnknownSize_SendsTheSpeedInBatchesOnly()
    {
        var clock = new FakeTimeProvider();
        var logger = new CollectingMetricLogger();
        var monitor = new ThroughputMonitor(time: clock) { CountSamples = _ => null };
        var ticking = new LambdaCallback().On<OnTrainBatchStartArguments>(_ => clock.Advance(TimeSpan.FromSeconds(0.5)));
        using var module = new ScriptedModule();

        new Trainer(
            new SingleDeviceStrategy(new HeldCheckpointIO()), new TrainerOptions { MaxEpochs = 1, LogEveryNSteps = 2 },
            [ticking, monitor], [logger]).Fit(module, ScriptedModule.Data(4));

        Assert.AreEqual(new Throughput(2, null, null, null, null), monitor.Latest);
        Assert.AreSequenceEqual<(double, long)>([(2, 2), (2, 4)], logger.Of("train/batches_per_sec"));
        Assert.IsEmpty(logger.Of("train/samples_per_sec"));
        Assert.IsEmpty(logger.Of("train/tokens_per_sec"));
        Assert.IsEmpty(logger.Of("train/flops_per_sec"));
    }

    [TestMethod]
    [DataRow(1, 1, DisplayName = "one batch is no speed")]
    [DataRow(4, 0, DisplayName = "no time has passed")]
    public void Fit_NothingToMeasure_SendsNothing(int batches, int seconds)
    {
        var clock = new FakeTimeProvider();
        var logger = new CollectingMetricLogger();
        var monitor = new ThroughputMonitor(time: clock);
        var ticking = new LambdaCallback().On<OnTrainBatchStartArguments>(_ => clock.Advance(TimeSpan.FromSeconds(seconds)));
        using var module = new ScriptedModule();

        new Trainer(
            new SingleDeviceStrategy(new HeldCheckpointIO()), new TrainerOptions { MaxEpochs = 1, LogEveryNSteps = 1 },
            [ticking, monitor], [logger]).Fit(module, ScriptedModule.Data(batches));

        Assert.IsNull(monitor.Latest);
        Assert.IsEmpty(logger.Of("train/batches_per_sec"));
    }

    [TestMethod]
    public void DeviceStats_AccumulatedBatches_SendsOncePerStepAndAsTheTrainerSays()
    {
        var logger = new CollectingMetricLogger();
        using var module = new ScriptedModule();
        var monitor = new DeviceStatsMonitor();

        new Trainer(
            new SingleDeviceStrategy(new HeldCheckpointIO()),
            new TrainerOptions { MaxEpochs = 1, AccumulateGradBatches = 2, LogEveryNSteps = 2 }, [monitor], [logger])
            .Fit(module, ScriptedModule.Data(8));

        Assert.AreSequenceEqual<long>([2, 4], logger.Of("process/threads").Select(entry => entry.Step));
        Assert.AreEqual(logger.Of("process/threads").Last().Value, monitor.Latest["process/threads"]);
    }

    [TestMethod]
    public void AddCallback_Configured_AreMadeWithTheirOptions()
    {
        using var trainer = Trainer.Create(builder => builder
            .AddStrategy(new SingleDeviceStrategy(new HeldCheckpointIO()))
            .AddCallback<ThroughputMonitor>(options => options.WindowSize = 7)
            .AddCallback<DeviceStatsMonitor>(options => options.EveryNSteps = 3));

        Assert.AreEqual(7, trainer.Callbacks.OfType<ThroughputMonitor>().Single().Options.WindowSize);
        Assert.AreEqual(3, trainer.Callbacks.OfType<DeviceStatsMonitor>().Single().Options.EveryNSteps);
    }
}
