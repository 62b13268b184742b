namespace Fulgurite.Tests.Callbacks.AccumulationSchedulers;

[TestClass]
public sealed class GradientAccumulationSchedulerTests
{
    [TestMethod]
    public void Fit_ScheduleOfEpochs_StepsOnceAWindow()
    {
        var steps = new List<long>();

        Fit(new HeldCheckpointIO(), epochs: 4, (1, 2), (3, 6), stepsAtEpochs: steps);

        Assert.AreSequenceEqual<long>([6, 3, 3, 1], steps);
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(7)]
    [DataRow(8)]
    [DataRow(11)]
    [DataRow(13)]
    public void Fit_StoppedAndResumed_EqualsARunNeverStopped(int stopAfter)
    {
        var whole = new HeldCheckpointIO { Open = true };
        var losses = Fit(whole, epochs: 3, (1, 3), (2, 4));
        var parts = new HeldCheckpointIO { Open = true };

        var first = Fit(parts, epochs: 3, (1, 3), (2, 4), stopAfter: stopAfter);
        var rest = Fit(parts, epochs: 3, (1, 3), (2, 4), resume: "stopped.ckpt");

        Assert.AreSequenceEqual(losses, first.Concat(rest));
        Assert.AreSequenceEqual(whole.Tensors("final.ckpt"), parts.Tensors("final.ckpt"));
    }

    [TestMethod]
    public void Fit_TrainerOptionAndEpochZero_ContradictEachOther()
    {
        using var module = new ScriptedModule();
        var options = new GradientAccumulationSchedulerOptions();
        options.Scheduling[0] = 4;
        var trainer = new Trainer(
            new SingleDeviceStrategy(new HeldCheckpointIO()),
            new TrainerOptions { MaxEpochs = 1, AccumulateGradBatches = 2 },
            [new GradientAccumulationScheduler(options)]);

        var error = Assert.ThrowsExactly<InvalidOperationException>(() => trainer.Fit(module, ScriptedModule.Data(2)));

        Assert.Contains("TrainerOptions.AccumulateGradBatches is 2", error.Message);
    }

    [TestMethod]
    [DataRow(-1, 2)]
    [DataRow(0, 0)]
    public void Constructor_ImpossibleSchedule_IsRefused(int epoch, int batches)
    {
        var options = new GradientAccumulationSchedulerOptions();
        options.Scheduling[epoch] = batches;

        var error = Assert.ThrowsExactly<ArgumentException>(() => new GradientAccumulationScheduler(options));

        Assert.Contains($"Scheduling has {batches} batches from epoch {epoch} on", error.Message);
    }

    [TestMethod]
    public void AddCallback_Configured_IsMadeWithItsOptions()
    {
        using var trainer = Trainer.Create(builder => builder
            .AddStrategy(new SingleDeviceStrategy(new HeldCheckpointIO()))
            .AddCallback<GradientAccumulationScheduler>(options => options.Scheduling[4] = 2));

        Assert.AreEqual(2, trainer.Callbacks.OfType<GradientAccumulationScheduler>().Single().Options.Scheduling[4]);
    }

    private static List<double> Fit(
        HeldCheckpointIO storage,
        int epochs,
        (int Epoch, int Batches) first,
        (int Epoch, int Batches) second,
        int? stopAfter = null,
        string? resume = null,
        List<long>? stepsAtEpochs = null)
    {
        manual_seed(21);
        using var module = new NormModule();
        using var cancellation = new CancellationTokenSource();
        manual_seed(resume is null ? 22 : 23);
        var options = new GradientAccumulationSchedulerOptions();
        options.Scheduling[first.Epoch] = first.Batches;
        options.Scheduling[second.Epoch] = second.Batches;
        var last = 0L;
        var watching = new LambdaCallback()
            .On<OnTrainBatchEndArguments>(_ =>
            {
                if (module.Losses.Count == stopAfter)
                {
                    cancellation.Cancel();
                }
            })
            .On<OnTrainEpochEndArguments>(arguments =>
            {
                stepsAtEpochs?.Add(arguments.Trainer.GlobalStep - last);
                last = arguments.Trainer.GlobalStep;
            });
        new Trainer(
            new SingleDeviceStrategy(storage),
            new TrainerOptions { MaxEpochs = epochs },
            [watching, new GradientAccumulationScheduler(options), new SavingCallback()])
            .Fit(module, new NumberedData(6), checkpointPath: resume, cancellationToken: cancellation.Token);
        return module.Losses;
    }
}
