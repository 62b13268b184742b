using TorchSharp.Modules;

namespace Fulgurite.Tests.Strategies;

/// <summary>Sparse gradients in several processes.</summary>
[TestClass]
public sealed class SparseRanksTests(TestContext context)
{
    // By rank and batch. Windows of three batches; the run is saved after the fifth. Only the first window has the rows 0 and 5.
    private static readonly string[][] Tokens = [["0 1 1", "", "5", "2 2", "3", "2"], ["0", "5 1", "", "", "", "4"]];

    private string Folder => context.TestTempDirectory ?? throw new InvalidOperationException("No folder for this test.");

    [TestMethod]
    [DataRow(new[] { "0 1 1", "1 4" })]
    [DataRow(new[] { "", "1 4" })]
    [DataRow(new[] { "2", "" })]
    [DataRow(new[] { "0 1 1", "1 4", "4" })]
    public void SynchronizeGradients_OfSparseEmbeddings_AreTheMeanAndStaySparse(string[] tokens)
    {
        using var scope = NewDisposeScope();
        var expected = zeros(6, 2);
        foreach (var token in tokens.SelectMany(Parse))
        {
            expected[token] += 1f / tokens.Length;
        }

        Ranks.Run(tokens.Length, new ProcessGroup(tokens.Length), (strategy, rank) =>
        {
            using var inner = NewDisposeScope();
            using var embedding = nn.Embedding(6, 2, sparse: true);
            strategy.SetUp(embedding);
            if (tokens[rank].Length > 0)
            {
                strategy.Backward(embedding.call(tensor(Parse(tokens[rank]))).sum());
            }

            strategy.SynchronizeGradients();
            var gradient = embedding.weight!.grad!;
            Assert.IsTrue(gradient.is_sparse);
            Assert.IsTrue(gradient.to_dense().allclose(expected));
        });
    }

    [TestMethod]
    public void SynchronizeGradients_SparseInOneRankAndDenseInAnother_IsTheDenseMean() =>
        Ranks.Run(2, new ProcessGroup(2), (strategy, rank) =>
        {
            using var scope = NewDisposeScope();
            using var embedding = nn.Embedding(6, 2, sparse: true);
            strategy.SetUp(embedding);
            strategy.Backward(rank == 0 ? embedding.call(tensor(new long[] { 3 })).sum() : embedding.weight!.sum());
            strategy.SynchronizeGradients();
            var expected = full(6, 2, 0.5f);
            expected[3] += 0.5f;

            Assert.IsFalse(embedding.weight!.grad!.is_sparse);
            Assert.IsTrue(embedding.weight.grad.allclose(expected));
        });

    [TestMethod]
    public void Fit_ResumedWithinAWindow_EqualsARunNeverStopped()
    {
        var (whole, resumed) = (new float[2][], new float[2][]);
        var path = Path.Combine(Folder, "within.ckpt");
        Ranks.Run(
            2, new ProcessGroup(2), (strategy, rank) => whole[rank] = Fit(strategy, rank, saveTo: path), _ => new TorchCheckpointIO());
        Ranks.Run(
            2, new ProcessGroup(2), (strategy, rank) => resumed[rank] = Fit(strategy, rank, from: path), _ => new TorchCheckpointIO());

        Assert.AreSequenceEqual(whole[0], whole[1]);
        Assert.AreSequenceEqual(whole[0], resumed[0]);
        Assert.AreSequenceEqual(whole[0], resumed[1]);
    }

    [TestMethod]
    public void Fit_ResumedWithinAWindowByOneProcess_LeavesOtherRowsAsTheyAre()
    {
        var path = Path.Combine(Folder, "within.ckpt");
        var (whole, resumed) = (new float[2][], Array.Empty<float>());
        Ranks.Run(
            2, new ProcessGroup(2), (strategy, rank) => whole[rank] = Fit(strategy, rank, saveTo: path), _ => new TorchCheckpointIO());
        Ranks.Run(1, new ProcessGroup(1), (strategy, rank) => resumed = Fit(strategy, rank, from: path), _ => new TorchCheckpointIO());

        // The last window of both runs has the rows 2 and 3; that of two processes the row 4 too.
        Assert.AreSequenceEqual(whole[0][..4], resumed[..4]);
        Assert.AreSequenceEqual(whole[0][10..], resumed[10..]);
        Assert.AreNotEqual(whole[0][8], resumed[8]);
    }

    private static float[] Fit(InProcessStrategy strategy, int rank, string? saveTo = null, string? from = null)
    {
        using var scope = NewDisposeScope();
        using var module = new EmbeddingModule { SaveTo = saveTo };
        using var trainer = new Trainer(
            strategy, new TrainerOptions { MaxEpochs = 1, AccumulateGradBatches = 3, EnableCheckpointing = false });
        trainer.Fit(module, Tokens[rank].Select(tokens => tensor(Parse(tokens)).DetachFromDisposeScope()), checkpointPath: from);
        return [.. module.Weight.data<float>()];
    }

    private static long[] Parse(string tokens) => [.. tokens.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(long.Parse)];

    /// <summary>The loss of a batch without tokens has no embedding.</summary>
    private sealed class EmbeddingModule : TrainingModule<Tensor>
    {
        private readonly Embedding _embedding = nn.Embedding(6, 2, sparse: true);
        private readonly Linear _line = nn.Linear(2, 1);

        public EmbeddingModule()
            : base(nameof(EmbeddingModule))
        {
            RegisterComponents();
            using var _ = no_grad();
            foreach (var parameter in parameters())
            {
                parameter.copy_(linspace(-1, 1, parameter.numel()).reshape(parameter.shape));
            }
        }

        public string? SaveTo { get; init; }

        public Parameter Weight => _embedding.weight!;

        public override OptimizerSetup ConfigureOptimizers() => new FusedAdam(parameters(), 0.1);

        public override Tensor TrainingStep(Tensor batch, int batchIndex) =>
            (batch.numel() == 0 ? _line.call(ones(1, 2)) : _line.call(_embedding.call(batch))).pow(2).mean();

        public override void OnTrainBatchEnd(OnTrainBatchEndArguments arguments)
        {
            if (SaveTo is not null && arguments.BatchIndex == 4)
            {
                Trainer.SaveCheckpoint(SaveTo);
            }
        }
    }
}
