namespace Fulgurite.Tests.Core.Numerics;

/// <summary>Equal trainings give equal bits, wherever their tensors lie.</summary>
[TestClass]
public sealed class ExactnessTests
{
    private const int Alignment = 64;

    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    public void Fit_BatchesOfArrays25Times_HasOneResult(int threads)
    {
        var before = get_num_threads();
        set_num_threads(threads);
        try
        {
            // What is kept moves the arrays of the next run to other addresses.
            var kept = new List<byte[]>();
            var results = Enumerable.Range(0, 25).Select(run =>
            {
                kept.Add(new byte[(run * 24) + 1]);
                return Train();
            }).Distinct().ToList();

            Assert.HasCount(1, results);
            GC.KeepAlive(kept);
        }
        finally
        {
            set_num_threads(before);
        }
    }

    [TestMethod]
    public void Fit_Resumed_EveryTensorOfTheRunIsAligned()
    {
        var storage = new InMemoryCheckpointIO();
        using var module = new ArrayModule();
        Run(module, storage, resumeFrom: null, new OfBatch(3, trainer =>
        {
            trainer.SaveCheckpoint("stopped");
            trainer.RequestStop();
        }));
        using var saved = storage.LoadCheckpointAsync("stopped", null, CancellationToken.None).Result;
        var addresses = new Dictionary<string, nint>();
        using var resumed = new ArrayModule();

        Run(resumed, storage, "stopped", new OfBatch(4, atStart: trainer =>
        {
            using var state = trainer.CaptureState();
            foreach (var (name, tensor) in state.Tensors())
            {
                addresses.Add(name.ToString(), tensor.Address);
            }
        }));

        Assert.IsTrue(
            addresses.Keys.Any(
                name => name.Contains(
                    "exp_avg_sq",
                    StringComparison.Ordinal)) && addresses.Keys.Any(name => name.Contains("gradients", StringComparison.Ordinal)));
        Assert.IsEmpty(addresses.Where(entry => entry.Value % Alignment != 0));
        Assert.IsEmpty(saved.Tensors().Where(entry => entry.Value.Address % Alignment != 0));
    }

    private static string Train()
    {
        Trainer.SeedEverything(3);
        using var module = new ArrayModule();
        Run(module, new InMemoryCheckpointIO(), resumeFrom: null);
        return module.Bits();
    }

    private static void Run(ArrayModule module, CheckpointIO storage, string? resumeFrom, params Callback[] callbacks)
    {
        using var strategy = new SingleDeviceStrategy(storage);
        using var trainer = new Trainer(strategy, new TrainerOptions { MaxEpochs = 1, AccumulateGradBatches = 2 }, callbacks);
        trainer.Fit(module, ArrayModule.Batches(15).ToSource(), checkpointPath: resumeFrom);
    }

    /// <summary>Acts at a batch of the epoch, counted from one.</summary>
    private sealed class OfBatch(int number, Action<Trainer>? atEnd = null, Action<Trainer>? atStart = null) : Callback
    {
        public override void OnTrainBatchStart(OnTrainBatchStartArguments arguments) =>
            Act(arguments.BatchIndex, atStart, arguments.Trainer);

        public override void OnTrainBatchEnd(OnTrainBatchEndArguments arguments) => Act(arguments.BatchIndex, atEnd, arguments.Trainer);

        private void Act(int index, Action<Trainer>? act, Trainer trainer)
        {
            if (index + 1 == number)
            {
                act?.Invoke(trainer);
            }
        }
    }
}
