namespace Fulgurite.Tests.Callbacks.Conformance;

/// <summary>
/// Saves that fail at random: whatever happens, what the callback says is there is there, and once there was one there always is.
/// </summary>
[TestClass]
public sealed class FailingStorageTests : SuiteBase
{
    [TestMethod]
    [DataRow(true, true)]
    [DataRow(true, false)]
    [DataRow(false, true)]
    [DataRow(false, false)]
    public void Fit_SavesFailAtRandom_BookkeepingIsTrue(bool torch, bool background)
    {
        for (var seed = 0; seed < 6; seed++)
        {
            var folder = Path.Combine(Folder, $"{seed}");
            var random = new Random(seed);
            CheckpointIO io = new FlakyCheckpointIO(
                torch ? new TorchCheckpointIO() : new SafetensorsCheckpointIO(),
                (_, _) => random.Next(3) == 0 ? new IOException("no space left") : null);
            io = background ? new AsyncCheckpointIO(io, new AsyncCheckpointOptions { CopyThreads = 1, HugePages = false }) : io;
            var scores = Enumerable.Range(0, 12).Select(_ => Math.Round(random.NextDouble(), 3)).ToArray();
            var callback = new ModelCheckpoint(
                new ModelCheckpointOptions { DirPath = folder, Monitor = "val", SaveTopK = 2, SaveLast = true });
            var probe = new Probe(folder);
            using var strategy = new SingleDeviceStrategy(io);
            using var module = new PolicyModule { Validation = number => scores[number - 1] };

            new Trainer(
                strategy, new TrainerOptions { MaxEpochs = 12, OnCheckpointFailure = CheckpointFailurePolicy.Continue }, [callback, probe])
                .Fit(module, PolicyModule.Data(2), PolicyModule.Data(1));

            Assert.IsTrue(callback.BestKModels.Keys.All(File.Exists), $"seed {seed}: what it keeps is there");
            Assert.IsLessThanOrEqualTo(2, callback.BestKModels.Count);
            Assert.AreSequenceEqual(
                callback.BestKModels.Keys.Append(callback.LastModelPath)
                    .OfType<string>()
                    .Select(Path.GetFileName)
                    .Order(StringComparer.Ordinal),
                Files(folder),
                $"seed {seed}: and nothing else is");
            Assert.AreEqual(callback.BestKModels.Count > 0 ? callback.BestKModels.Values.Min() : (double?)null, callback.BestModelScore);
            Assert.IsFalse(probe.WasEmptied, $"seed {seed}: once there was a checkpoint there always was one");
            foreach (var file in Files(folder))
            {
                using var state = strategy.LoadCheckpoint(Path.Combine(folder, file), null);
                Assert.IsGreaterThan(0L, state["global_step"].AsInteger());
            }
        }
    }

    /// <summary>Looks into the folder at every step.</summary>
    private sealed class Probe(string folder) : Callback
    {
        private bool _hadOne;

        public bool WasEmptied { get; private set; }

        public override void OnTrainBatchEnd(OnTrainBatchEndArguments arguments)
        {
            var any = Directory.Exists(folder) && Directory.EnumerateFiles(folder, "*.ckpt").Any();
            WasEmptied |= _hadOne && !any;
            _hadOne |= any;
        }
    }
}
