using TorchSharp.Modules;

namespace Fulgurite.Tests.Callbacks.WeightAveragings;

/// <summary>Files whose tensors were copied by the next step of a fused optimizer.</summary>
[TestClass]
public sealed class FusedAsynchronousSaveTests
{
    [TestMethod]
    public async Task Fit_CopiedInTheNextStep_WritesTheBytesOfAFitThatWaits()
    {
        var (waited, copied) = (NewFolder(), NewFolder());
        try
        {
            await using (var io = new TorchCheckpointIO())
            {
                Fit(io, waited);
            }

            await using (var io = new AsyncCheckpointIO(new TorchCheckpointIO()))
            {
                Fit(io, copied);
            }

            var files = Directory.GetFiles(waited).Select(Path.GetFileName).Order(StringComparer.Ordinal).ToList();
            Assert.IsGreaterThan(15, files.Count);
            Assert.AreSequenceEqual(files, Directory.GetFiles(copied).Select(Path.GetFileName).Order(StringComparer.Ordinal).ToList());
            var distinct = new HashSet<string>(StringComparer.Ordinal);
            foreach (var file in files)
            {
                var expected = Convert.ToHexString(await File.ReadAllBytesAsync(Path.Combine(waited, file!)));
                Assert.AreEqual(expected, Convert.ToHexString(await File.ReadAllBytesAsync(Path.Combine(copied, file!))), file);
                distinct.Add(expected);
            }

            // The steps did change something.
            Assert.IsGreaterThan(15, distinct.Count);
        }
        finally
        {
            Directory.Delete(waited, recursive: true);
            Directory.Delete(copied, recursive: true);
        }
    }

    private static string NewFolder() => Directory.CreateTempSubdirectory("fulgurite-fused-").FullName;

    private static void Fit(CheckpointIO io, string folder)
    {
        manual_seed(67);
        using var module = new TiedModule();
        var saving = new SavingCallback { Folder = folder, AtBatchEnd = _ => true, AtEpochEnd = _ => true };
        var averaging = new ExponentialMovingAverage(new ExponentialMovingAverageOptions { Decay = 0.9 });
        var options = new TrainerOptions { MaxEpochs = 4 };
        new Trainer(new SingleDeviceStrategy(io), options, [averaging, saving]).Fit(module, new NumberedData(5));
    }

    /// <summary>Batch norm, a frozen parameter, and one parameter under two names.</summary>
    private sealed class TiedModule : TrainingModule<Tensor>
    {
        private readonly Linear _frozen = nn.Linear(3, 8);
        private readonly BatchNorm1d _norm = nn.BatchNorm1d(8);
        private readonly Linear _middle = nn.Linear(8, 8);
        private readonly Linear _again = nn.Linear(8, 8);
        private readonly Linear _head = nn.Linear(8, 1);

        public TiedModule()
            : base(nameof(TiedModule))
        {
            _frozen.weight!.requires_grad = false;
            _again.weight = _middle.weight;
            RegisterComponents();
        }

        public override OptimizerSetup ConfigureOptimizers()
        {
            // The tied one is there once.
            var distinct = parameters().DistinctBy(parameter => parameter.Handle).ToList();
            return new FusedAdamW(distinct, 0.01, amsgrad: true);
        }

        public override Tensor TrainingStep(Tensor batch, int batchIndex)
        {
            var hidden = _norm.call(_frozen.call(batch));
            return (_head.call(_again.call(_middle.call(hidden).tanh())) - batch.sum(1, keepdim: true)).square().mean();
        }
    }
}
