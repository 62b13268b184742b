namespace Fulgurite.Tests.Metrics;

/// <summary>Metrics of two processes, each a thread, with different numbers of batches in their validations.</summary>
[TestClass]
public sealed class MergedRanksTests
{
    [TestMethod]
    public void Validate_TwoRanks_HaveTheValueOfAllItems()
    {
        using var scope = NewDisposeScope();
        var scores = tensor(new[] { 0.1, 0.4, 0.35, 0.8, 0.7, 0.2, 0.9, 0.3 });
        var targets = tensor(new[] { 0.0, 0, 1, 1, 0, 0, 1, 1 });
        var alone = Auroc.Binary();
        alone.Update(scores, targets);
        var expected = alone.Compute();
        var group = new ProcessGroup(2);
        var results = new double[2];

        Ranks.Run(2, rank =>
        {
            using var strategy = new InProcessStrategy(new InMemoryCheckpointIO(), group, rank);
            using var module = new ScoreModule();
            using var trainer = new Trainer(strategy, new TrainerOptions { EnableCheckpointing = false });
            var (start, end) = rank == 0 ? (0, 5) : (5, 8);
            results[rank] = trainer.Validate(module, [(scores[start..end], targets[start..end])])["auroc"];
        });

        Assert.AreEqual(expected, results[0], 1e-12);
        Assert.AreEqual(results[0], results[1]);
    }

    private sealed class ScoreModule : TrainingModule<(Tensor Scores, Tensor Targets)>
    {
        private readonly TorchSharp.Modules.Linear _unused = nn.Linear(1, 1);
        private readonly Auroc _auroc;

        public ScoreModule()
            : base(nameof(ScoreModule))
        {
            RegisterComponents();
            _auroc = RegisterMetric("auroc", Auroc.Binary());
        }

        public override OptimizerSetup ConfigureOptimizers() => optim.SGD(_unused.parameters(), 0.1);

        public override Tensor? TrainingStep((Tensor Scores, Tensor Targets) batch, int batchIndex) => null;

        public override void ValidationStep((Tensor Scores, Tensor Targets) batch, int batchIndex)
        {
            _auroc.Update(batch.Scores, batch.Targets);
            Log("auroc", _auroc);
        }
    }
}
