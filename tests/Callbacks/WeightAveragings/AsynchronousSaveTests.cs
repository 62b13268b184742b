namespace Fulgurite.Tests.Callbacks.WeightAveragings;

/// <summary>Averages in files that are captured while training goes on.</summary>
[TestClass]
public sealed class AsynchronousSaveTests
{
    [TestMethod]
    [DataRow("ema")]
    [DataRow("swa")]
    public async Task Fit_CapturedWhileTrainingGoesOn_EqualsFilesThatWereWaitedFor(string kind)
    {
        await using var waited = new InMemoryCheckpointIO();
        await using var inner = new InMemoryCheckpointIO();
        Fit(waited, kind);
        await using (var asynchronous = new AsyncCheckpointIO(inner))
        {
            Fit(asynchronous, kind);
            Assert.IsGreaterThan(15, inner.Paths.Count);
            foreach (var path in inner.Paths)
            {
                using var expected = await waited.LoadCheckpointAsync(path, null, CancellationToken.None);
                using var actual = await inner.LoadCheckpointAsync(path, null, CancellationToken.None);
                Assert.AreSequenceEqual(Lines(expected), Lines(actual), path);
            }
        }
    }

    private static void Fit(CheckpointIO io, string kind)
    {
        manual_seed(61);
        using var module = new NormModule();
        Callback averaging = kind == "ema"
            ? new ExponentialMovingAverage(new ExponentialMovingAverageOptions { Decay = 0.9 })
            : new StochasticWeightAveraging(new StochasticWeightAveragingOptions { StartEpoch = 1 });
        var saving = new SavingCallback { AtBatchEnd = _ => true, AtEpochEnd = _ => true };
        new Trainer(new SingleDeviceStrategy(io), new TrainerOptions { MaxEpochs = 4, ValidationInterval = 2 }, [averaging, saving])
            .Fit(module, new NumberedData(5), new NumberedData(2));
    }

    private static List<string> Lines(TrainingState state) => [.. state.Tensors().Select(entry =>
    {
        var bytes = new byte[entry.Value.ByteLength];
        entry.Value.CopyTo(bytes);
        return $"{entry.Key}: {Convert.ToHexString(bytes)}";
    })];
}
