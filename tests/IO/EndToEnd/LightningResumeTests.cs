namespace Fulgurite.Tests.IO.EndToEnd;

/// <summary>Checkpoints that Lightning's <c>trainer.fit(ckpt_path=...)</c> resumes.</summary>
[TestClass]
[DoNotParallelize]
public sealed class LightningResumeTests
{
    private const int Batches = 9;

    /// <summary>What Lightning 2.2 to 2.6 look for in a checkpoint; taken from the files that they write.</summary>
    private static readonly string[] Keys =
    [
        "fit_loop.state_dict",
        "fit_loop.epoch_loop.state_dict",
        "fit_loop.epoch_loop.batch_progress",
        "fit_loop.epoch_loop.scheduler_progress",
        "fit_loop.epoch_loop.automatic_optimization.state_dict",
        "fit_loop.epoch_loop.automatic_optimization.optim_progress",
        "fit_loop.epoch_loop.manual_optimization.state_dict",
        "fit_loop.epoch_loop.manual_optimization.optim_step_progress",
        "fit_loop.epoch_loop.val_loop.state_dict",
        "fit_loop.epoch_loop.val_loop.batch_progress",
        "fit_loop.epoch_progress",
        "validate_loop.state_dict",
        "validate_loop.batch_progress",
        "test_loop.state_dict",
        "test_loop.batch_progress",
        "predict_loop.state_dict",
        "predict_loop.batch_progress",
    ];

    [TestMethod]
    [DataRow(4, 1, 0, 4)]
    [DataRow(9, 1, 1, 0)]
    [DataRow(14, 1, 1, 5)]
    [DataRow(4, 3, 0, 4)]
    public async Task Fit_ResumedByALiveLightning_GoesOnAtTheSameEpochBatchAndStep(int stopAfter, int accumulate, int epoch, int batch)
    {
        using var directory = new TemporaryDirectory();
        var steps = await FitAsync(directory.Path, stopAfter, accumulate);

        var printed = PythonInterop.Run("resume_in_lightning.py", directory["last.ckpt"], $"{Batches}");

        if (printed == "no lightning")
        {
            Assert.Inconclusive("Lightning is not importable: put it on PYTHONPATH.");
        }

        var rest = (3 * Batches) - stopAfter;
        Assert.AreEqual(
            $"epoch {epoch} batch {batch} step {steps} adam {steps} lr 0.01\nTrue\n{rest} batches, then epoch 3 step {steps + rest}",
            printed.ReplaceLineEndings("\n"));
    }

    [TestMethod]
    [DataRow(4, 1L, 0L, 4L, 4L)]
    [DataRow(14, 2L, 1L, 14L, 5L)]
    [DataRow(null, 3L, 2L, 27L, 9L)]
    public async Task Loops_OfACheckpoint_HaveTheKeysAndCountersOfLightning(
        int? stopAfter, long started, long done, long total, long current)
    {
        using var directory = new TemporaryDirectory();
        await FitAsync(directory.Path, stopAfter);
        await using var io = new TorchCheckpointIO();
        using var state = await io.LoadCheckpointAsync(directory["last.ckpt"], null, CancellationToken.None);
        var loops = state["loops"].AsMap();

        Assert.AreSequenceEqual(Keys, loops.SelectMany(loop => loop.Value.AsMap().Keys.Select(key => $"{loop.Key}.{key}")));
        AssertCounters(loops["fit_loop"].AsMap()["epoch_progress"].AsMap(), "current", started, done);
        AssertCounters(loops["fit_loop"].AsMap()["epoch_loop.batch_progress"].AsMap(), "total", total, total);
        AssertCounters(loops["fit_loop"].AsMap()["epoch_loop.batch_progress"].AsMap(), "current", current, current);
    }

    private static void AssertCounters(StateMap progress, string which, long started, long done)
    {
        var counters = progress[which].AsMap();
        Assert.AreEqual(started, counters["ready"].AsInteger());
        Assert.AreEqual(started, counters["started"].AsInteger());
        Assert.AreEqual(done, counters["processed"].AsInteger());
        Assert.AreEqual(done, counters["completed"].AsInteger());
    }

    private static async Task<long> FitAsync(string directory, int? stopAfter, int accumulate = 1)
    {
        manual_seed(3);
        using var cancellation = new CancellationTokenSource();
        using var module = new DropoutModule();
        await using var io = new TorchCheckpointIO();
        var batches = 0;
        var trainer = new Trainer(
            new SingleDeviceStrategy(io),
            new TrainerOptions { MaxEpochs = 3, AccumulateGradBatches = accumulate },
            [
                new LambdaCallback().On<OnTrainBatchEndArguments>(_ =>
                {
                    if (++batches == stopAfter)
                    {
                        cancellation.Cancel();
                    }
                }),
                new ModelCheckpoint(new ModelCheckpointOptions { DirPath = directory, SaveLast = true }),
            ]);

        await trainer.FitAsync(module, DropoutModule.Data(Batches), DropoutModule.Data(2), null, cancellation.Token);
        return trainer.GlobalStep;
    }
}
