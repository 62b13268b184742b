using Fulgurite.Tests.Core.Doubles;

namespace Fulgurite.Tests.Callbacks.Rollbacks;

[TestClass]
public sealed class RollbackTests
{
    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void Fit_BatchWithNaN_EndsAsIfWhatLedThereHadNotBeenInTheData(bool async)
    {
        var rollback = new CollectingLogger<Rollback>();
        var (result, weights, losses) = Run(Data(20, (13, float.NaN)), new() { EveryNSteps = 5 }, async, logger: rollback);
        var expected = Run(Data(20).Where((_, index) => index is < 10 or > 13), null, async);

        Assert.AreEqual(16, result.GlobalStep);
        Assert.AreSequenceEqual(expected.Weights, weights, "weights, statistics, optimizer, schedule and random numbers went back");
        Assert.AreSequenceEqual(expected.Losses, losses.Where((_, index) => index is < 10 or > 13));
        Assert.AreEqual(expected.Result.Metrics["train_loss"], result.Metrics["train_loss"]);
        Assert.AreSequenceEqual(
            new[] { "The loss is NaN at step 14 (epoch 0, batch 13): back to the state of step 10, 4 batches are left out. Time 1 of 5" },
            rollback.Messages);
    }

    [TestMethod]
    public void Fit_StepThatRuinsTheWeightsJustBeforeASnapshot_GoesBackToTheOneBefore()
    {
        // Batch 9 leads to infinite gradients with a finite loss; the snapshot after it is ruined, which the loss of batch 10 shows.
        var (result, weights, losses) = Run(Data(20, (9, 1e38f)), new() { EveryNSteps = 5 }, async: true);
        var expected = Run(Data(20).Where((_, index) => index is < 5 or > 10), null, async: true);

        Assert.IsTrue(double.IsFinite(losses[9]));
        Assert.IsFalse(double.IsFinite(losses[10]));
        Assert.AreEqual(14, result.GlobalStep);
        Assert.AreSequenceEqual(expected.Weights, weights);
    }

    [TestMethod]
    public void Fit_Spike_GoesBackOnceTheWindowIsFull()
    {
        var options = new RollbackOptions { EveryNSteps = 1, SpikeFactor = 20, Window = 8 };

        // The first spike comes before there is a median; the second one is seen.
        var (result, weights, _) = Run(Data(20, (3, 100f), (15, 100f)), options, async: true);
        var expected = Run(Data(20, (3, 100f)).Where((_, index) => index is not (14 or 15)), null, async: true);

        Assert.AreEqual(18, result.GlobalStep);
        Assert.AreSequenceEqual(expected.Weights, weights);
    }

    [TestMethod]
    public void Fit_FirstBatchIsBad_GoesBackToTheStart()
    {
        var (result, weights, _) = Run(Data(10, (0, float.NaN)), new() { EveryNSteps = 5 }, async: true);
        var expected = Run(Data(10).Skip(1), null, async: true);

        Assert.AreEqual(9, result.GlobalStep);
        Assert.AreSequenceEqual(expected.Weights, weights);
    }

    [TestMethod]
    public void Fit_SecondEpochIsBad_GoesBackToItsStartAtMost()
    {
        var data = Data(6);
        var visits = 0;
        IEnumerable<Tensor> Epochs()
        {
            visits++;
            return visits == 2 ? [data[0], Scaled(data[1], float.NaN), .. data[2..]] : data;
        }

        var (result, weights, _) = Run(new Repeated(Epochs), new() { EveryNSteps = 4 }, async: true, epochs: 2);
        visits = 0;
        var expected = Run(new Repeated(() => ++visits == 2 ? data[2..] : data), null, async: true, epochs: 2);

        Assert.AreEqual(10, result.GlobalStep);
        Assert.AreSequenceEqual(expected.Weights, weights);
    }

    [TestMethod]
    public void Fit_WithinAWindowOfAccumulation_LetsItsGradientsGo()
    {
        var (result, weights, _) = Run(Data(18, (10, float.NaN)), new() { EveryNSteps = 1 }, async: true, accumulate: 3);
        var expected = Run(Data(18).Where((_, index) => index is not (9 or 10)), null, async: true, accumulate: 3);

        Assert.AreSequenceEqual(expected.Weights, weights);
        Assert.AreEqual(expected.Result.GlobalStep, result.GlobalStep);
    }

    [TestMethod]
    public void Fit_MoreOftenThanAllowed_FailsWithTheBatch()
    {
        var error = Assert.ThrowsExactly<InvalidOperationException>(
            () => Run(Data(20, (4, float.NaN), (8, float.NaN), (12, float.NaN)), new() { MaxRollbacks = 2 }, async: true));

        Assert.StartsWith(
            "The loss of batch 12 in epoch 0 is NaN, at step 4, and the run has gone back 2 times already (MaxRollbacks).", error.Message);
    }

    [TestMethod]
    public void Fit_CheckpointOfTheSameBatch_HoldsTheSoundState()
    {
        var storage = new InMemoryCheckpointIO();
        Run(Data(12, (5, float.NaN)), new() { EveryNSteps = 2 }, storage, [new SavingEveryBatch()]);

        foreach (var path in storage.Paths)
        {
            using var state = storage.LoadCheckpointAsync(path, null, CancellationToken.None).GetAwaiter().GetResult();
            Assert.IsTrue(
                state.Tensors()
                    .Where(tensor => tensor.Value.Type == ScalarType.Float32)
                    .SelectMany(tensor => States.Values(tensor.Value))
                    .All(float.IsFinite),
                path);
        }

        Assert.IsNotEmpty(storage.Paths);
    }

    [TestMethod]
    public void Fit_ManyRollbacks_LeaveNoTensor()
    {
        foreach (var bad in new[] { 1, 7 })
        {
            using var data = new BatchOwner(Data(30, [.. Enumerable.Range(0, bad).Select(index => ((index * 4) + 3, float.NaN))]));

            var left = LiveTensors.LeftBy(
                () => Run(data.Batches, new() { EveryNSteps = 1, MaxRollbacks = 100 }, async: true), () => new FragileModule().Dispose());

            Assert.AreEqual(0, left, $"{bad} rollbacks");
        }
    }

    [TestMethod]
    public void Fit_Resumed_GoesOnCounting()
    {
        var storage = new InMemoryCheckpointIO();
        Run(Data(10, (5, float.NaN)), new() { EveryNSteps = 2, MaxRollbacks = 1 }, storage, [new SavingEveryBatch()]);

        Assert.ThrowsExactly<InvalidOperationException>(() =>
            Run(Data(20, (15, float.NaN)), new() { EveryNSteps = 2, MaxRollbacks = 1 }, storage, [], resumeFrom: "newest"));
    }

    [TestMethod]
    public void Options_NotAllowed_AreNamed()
    {
        var error = Assert.ThrowsExactly<ArgumentException>(() => new Rollback(new RollbackOptions { SpikeFactor = 0.5 }));

        Assert.Contains("SpikeFactor is 0.5", error.Message);
    }

    private static Outcome Run(
        IEnumerable<Tensor> data,
        RollbackOptions? options,
        bool async,
        int accumulate = 1,
        int epochs = 1,
        CollectingLogger<Rollback>? logger = null)
    {
        CheckpointIO io = async ? new AsyncCheckpointIO(new InMemoryCheckpointIO()) : new InMemoryCheckpointIO();
        try
        {
            return Run(data, options, io, [], accumulate, epochs, logger);
        }
        finally
        {
            io.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }

    private static Outcome Run(
        IEnumerable<Tensor> data,
        RollbackOptions? options,
        CheckpointIO io,
        Callback[] others,
        int accumulate = 1,
        int epochs = 1,
        CollectingLogger<Rollback>? logger = null,
        string? resumeFrom = null)
    {
        manual_seed(3);
        using var module = new FragileModule();
        manual_seed(4);
        Callback[] callbacks = options is null ? others : [new Rollback(options, logger), .. others];
        using var trainer = new Trainer(
            new SingleDeviceStrategy(io),
            new TrainerOptions { MaxEpochs = epochs, AccumulateGradBatches = accumulate },
            callbacks);
        var result = trainer.Fit(module, data, checkpointPath: resumeFrom);
        return new Outcome(result, module.Weights(), [.. module.Losses]);
    }

    private static Tensor[] Data(int batches, params (int Index, float Scale)[] bad)
    {
        using var scope = NewDisposeScope();
        var data = new NumberedData(batches).Select(batch => batch.DetachFromDisposeScope()).ToArray();
        foreach (var (index, scale) in bad)
        {
            data[index] = Scaled(data[index], scale);
        }

        return data;
    }

    private static Tensor Scaled(Tensor batch, float scale)
    {
        var scaled = (batch * scale).DetachFromDisposeScope();
        return scaled;
    }

    private sealed record Outcome(FitResult Result, List<float> Weights, List<double> Losses);

    private sealed class BatchOwner(Tensor[] batches) : IDisposable
    {
        public Tensor[] Batches => batches;

        public void Dispose() => Array.ForEach(batches, batch => batch.Dispose());
    }

    private sealed class Repeated(Func<IEnumerable<Tensor>> epoch) : IEnumerable<Tensor>
    {
        public IEnumerator<Tensor> GetEnumerator() => epoch().GetEnumerator();

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
    }

    private sealed class SavingEveryBatch : Checkpoint
    {
        public override void OnTrainBatchEnd(OnTrainBatchEndArguments arguments)
        {
            Save(arguments.Trainer, weightsOnly: false, ($"batch{arguments.BatchIndex}", null));
            Save(arguments.Trainer, weightsOnly: false, ("newest", null));
        }
    }
}
