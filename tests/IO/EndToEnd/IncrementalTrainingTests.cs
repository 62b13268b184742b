using TorchSharp.Modules;

namespace Fulgurite.Tests.IO.EndToEnd;

/// <summary>A training whose steps touch few rows of an embedding, with the best two and the last checkpoint as increments.</summary>
[TestClass]
[DoNotParallelize]
public sealed class IncrementalTrainingTests
{
    private const int Epochs = 10;

    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task Fit_WithRotation_EveryCheckpointLoadsAndAResumeEqualsARunNeverStopped(bool background)
    {
        using var whole = new TemporaryDirectory();
        using var directory = new TemporaryDirectory();
        var increments = await FitAsync(whole.Path, background, Epochs, resume: null);
        Assert.IsGreaterThan(Epochs / 2, increments, "Most saves of one run are increments.");
        await FitAsync(directory.Path, background, 4, resume: null);
        await FitAsync(directory.Path, background, Epochs, resume: "last");

        await using var io = new TorchCheckpointIO();
        using var expected = await io.LoadCheckpointAsync(whole["last.safetensors"], null, TestContext.CancellationToken);
        using var resumed = await io.LoadCheckpointAsync(directory["last.safetensors"], null, TestContext.CancellationToken);
        StateComparison.AreEqual(expected.Root["state_dict"], resumed.Root["state_dict"]);
        StateComparison.AreEqual(expected.Root["fulgurite"], resumed.Root["fulgurite"]);
        foreach (var file in Directory.GetFiles(whole.Path, "*.safetensors").Concat(Directory.GetFiles(directory.Path, "*.safetensors")))
        {
            await io.VerifyAsync(file, TestContext.CancellationToken);
        }

        Assert.HasCount(3, Directory.GetFiles(directory.Path));
        Assert.IsLessThan(3 * 4, Directory.GetFiles(directory["chain"]).Length, "At most the chains of three checkpoints.");
    }

    /// <summary>Trains, and returns the number of saves that left an increment as the last checkpoint.</summary>
    private static async Task<int> FitAsync(string directory, bool background, int epochs, string? resume)
    {
        manual_seed(3);
        using var module = new RowsModule();
        CheckpointIO io = new IncrementalCheckpointIO(new IncrementalCheckpointOptions { MaxChainLength = 3 });
        await using var outer = background ? new AsyncCheckpointIO(io) : io;
        var increments = 0;
        var trainer = new Trainer(
            new SingleDeviceStrategy(outer),
            new TrainerOptions { MaxEpochs = epochs },
            [
                new ModelCheckpoint(
                    new ModelCheckpointOptions { DirPath = directory, Monitor = "loss", SaveLast = true, SaveTopK = 2 }),
                new LambdaCallback().On<OnTrainEpochStartArguments>(_ =>
                {
                    outer.FlushAsync(CancellationToken.None).GetAwaiter().GetResult();
                    foreach (var file in Directory.GetFiles(directory, "*.safetensors"))
                    {
                        outer.VerifyAsync(file, CancellationToken.None).GetAwaiter().GetResult();
                        using var reader = new LocalStorage().Open(file);
                        var isLast = Path.GetFileName(file) == "last.safetensors";
                        increments += isLast && IncrementFile.TryRead(reader) is not null ? 1 : 0;
                    }
                }),
            ]);
        var result = await trainer.FitAsync(module, RowsModule.Data(), RowsModule.Data(), resume);
        Assert.AreEqual(FitStatus.Completed, result.Status);
        return increments;
    }

    /// <summary>Plain descent changes only the rows of the batch.</summary>
    private sealed class RowsModule : TrainingModule<Tensor>
    {
        private readonly Embedding _rows = nn.Embedding(1000, 32);

        public RowsModule()
            : base(nameof(RowsModule)) => RegisterComponents();

        public static IEnumerable<Tensor> Data() =>
            Enumerable.Range(0, 3).Select(batch => tensor(Enumerable.Range(batch * 5, 5).Select(row => (long)row * 7).ToArray()));

        public override OptimizerSetup ConfigureOptimizers() => optim.SGD(parameters(), 0.1);

        public override Tensor TrainingStep(Tensor batch, int batchIndex) => _rows.call(batch).pow(2).sum();

        public override void ValidationStep(Tensor batch, int batchIndex) => Log("loss", _rows.call(batch).pow(2).sum());
    }
}
