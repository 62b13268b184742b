using Fulgurite.Schedulers;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite.Tests.Docs.Snippets;

/// <summary>The code of docs/training.md.</summary>
[TestClass]
public sealed class TrainingSnippets
{
    [TestMethod]
    public async Task Module_Trains()
    {
        await using var trainer = Silent.Trainer(o => o.MaxEpochs = 50);
        using var module = new Classifier();

        trainer.Fit(module, Digits.Batches(), Digits.Batches());

        Assert.IsTrue(trainer.Metrics.TryGet("val_loss", out var loss));
        Assert.IsLessThan(2.0, loss.Value);
    }

    [TestMethod]
    public async Task Schedulers_Step()
    {
        await using var trainer = Silent.Trainer(o => o.MaxEpochs = 2);
        using var module = new Scheduled();

        trainer.Fit(module, Digits.Batches(), Digits.Batches());

        Assert.AreEqual(8, trainer.GlobalStep);
        Assert.IsLessThan(1e-3, module.LearningRate);
    }

    [TestMethod]
    public async Task Evaluations_Run()
    {
        using var folder = new TemporaryDirectory();
        await using var trainer = Trainer.Create(b => b.Configure(o => (o.MaxEpochs, o.DefaultRootDirectory) = (1, folder.Path)));
        using var module = new Tested();
        var predictor = module;
        var data = Toy.Data();
        trainer.Fit(module, data, data);
        var count = 0;

        trainer.Validate(module, data);                       // the module as it is
        trainer.Test(module, data, checkpointPath: "best");   // with the weights of a checkpoint: "best", "last" or a path
        foreach (var prediction in trainer.Predict(predictor, data))
        {
            count += (int)prediction.shape[0];
            prediction.Dispose();
        }

        Assert.AreEqual(8, count);
    }

    [TestMethod]
    public async Task Manual_Steps()
    {
        await using var trainer = Silent.Trainer(o => o.MaxEpochs = 1);
        using var module = new Manual();

        trainer.Fit(module, Toy.Data());

        Assert.AreEqual(8, trainer.GlobalStep);
    }

    private static class Digits
    {
        public static List<(Tensor Inputs, Tensor Labels)> Batches()
        {
            var labels = arange(10, ScalarType.Int64);
            var inputs = nn.functional.one_hot(labels, 784).to(float32);
            return [.. Enumerable.Repeat((inputs, labels), 4)];
        }
    }

    internal sealed class Classifier : TrainingModule<(Tensor Inputs, Tensor Labels)>
    {
        private readonly Linear _layer = nn.Linear(784, 10);

        public Classifier() : base(nameof(Classifier)) => RegisterComponents();

        public override OptimizerSetup ConfigureOptimizers() => optim.Adam(parameters(), lr: 1e-3);

        public override Tensor TrainingStep((Tensor Inputs, Tensor Labels) batch, int batchIndex)
        {
            var loss = nn.functional.cross_entropy(_layer.call(batch.Inputs), batch.Labels);
            Log("train_loss", loss, progressBar: true);
            return loss;
        }

        public override void ValidationStep((Tensor Inputs, Tensor Labels) batch, int batchIndex) =>
            Log("val_loss", nn.functional.cross_entropy(_layer.call(batch.Inputs), batch.Labels));
    }

    private sealed class Scheduled : TrainingModule<(Tensor Inputs, Tensor Labels)>
    {
        private readonly Linear _layer = nn.Linear(784, 10);

        public Scheduled()
            : base(nameof(Scheduled)) => RegisterComponents();

        public double LearningRate { get; private set; }

        public override OptimizerSetup ConfigureOptimizers()
        {
            var adam = optim.Adam(parameters(), lr: 1e-3);
            var warmUp = new LinearLR(adam, startFactor: 0.01, totalIterations: 500);
            return new OptimizerSetup(
                adam,
                new SchedulerConfiguration(warmUp) { Interval = SchedulerInterval.Step },
                new SchedulerConfiguration(new ReduceLROnPlateau(adam, patience: 3)) { Monitor = "val_loss" });
        }

        public override Tensor TrainingStep((Tensor Inputs, Tensor Labels) batch, int batchIndex)
        {
            LearningRate = Trainer.Optimizers[0].ParamGroups.First().LearningRate;
            return nn.functional.cross_entropy(_layer.call(batch.Inputs), batch.Labels);
        }

        public override void ValidationStep((Tensor Inputs, Tensor Labels) batch, int batchIndex) =>
            Log("val_loss", nn.functional.cross_entropy(_layer.call(batch.Inputs), batch.Labels));
    }

    private sealed class Tested : TrainingModule<Tensor, Tensor>
    {
        private readonly Linear _layer = nn.Linear(2, 1);

        public Tested()
            : base(nameof(Tested)) => RegisterComponents();

        public override OptimizerSetup ConfigureOptimizers() => optim.SGD(parameters(), learningRate: 0.01);

        public override Tensor TrainingStep(Tensor batch, int batchIndex) => _layer.call(batch).square().mean();

        public override void ValidationStep(Tensor batch, int batchIndex) => Log("val_loss", _layer.call(batch).square().mean());

        public override void TestStep(Tensor batch, int batchIndex) => Log("test_loss", _layer.call(batch).square().mean());

        public override Tensor PredictStep(Tensor batch, int batchIndex) => _layer.call(batch);
    }

    private sealed class Manual : TrainingModule<Tensor>
    {
        private readonly Linear _first = nn.Linear(2, 1);
        private readonly Linear _second = nn.Linear(2, 1);

        public Manual()
            : base(nameof(Manual)) => RegisterComponents();

        public override bool AutomaticOptimization => false;

        public override OptimizerSetup ConfigureOptimizers() =>
            new([optim.SGD(_first.parameters(), 0.01), optim.SGD(_second.parameters(), 0.01)]);

        public override Tensor? TrainingStep(Tensor batch, int batchIndex)
        {
            foreach (var optimizer in Optimizers)
            {
                optimizer.ZeroGrad();
                ManualBackward(Loss(batch));
                optimizer.Step();
            }

            return null;
        }

        private Tensor Loss(Tensor batch) => (_first.call(batch) + _second.call(batch)).square().mean();
    }
}
