using TorchSharp.Modules;

namespace Fulgurite.Tests.Metrics;

[TestClass]
public sealed class ModuleTests
{
    [TestMethod]
    public void Fit_Classifier_LearnsAndLogs()
    {
        Trainer.SeedEverything(3);
        using var scope = NewDisposeScope();
        var points = randn(200, 2);
        var targets = (points.select(1, 0) > 0).to(ScalarType.Int64);
        using var module = new ClassifierModule(nn.Sequential(nn.Linear(2, 2)), 2, parameters => optim.SGD(parameters, 0.5));
        using var trainer = NewTrainer(10);
        var data = DataSource.FromTensors(points, targets, new() { BatchSize = 30 });

        var result = trainer.Fit(module, data, data);

        Assert.IsGreaterThan(0.95, result.Metrics["val_accuracy"]);
        Assert.IsGreaterThan(0.95, result.Metrics["val_f1"]);
        Assert.IsLessThan(0.3, result.Metrics["val_loss"]);
        Assert.IsTrue(result.Metrics.ContainsKey("train_loss"));
        var tested = trainer.Test(module, data);
        Assert.AreEqual(result.Metrics["val_accuracy"], tested["test_accuracy"]);
        Assert.StartsWith("test_accuracy ", tested.ToString());

        var probabilities = cat(trainer.Predict(module, data).ToArray());
        Assert.AreSequenceEqual([200L, 2], probabilities.shape);
        Assert.AreEqual(tested["test_accuracy"], (probabilities.argmax(1) == targets).mean([], type: float64).item<double>(), 1e-12);
    }

    [TestMethod]
    public void Fit_Regression_LearnsAndLogs()
    {
        Trainer.SeedEverything(3);
        using var scope = NewDisposeScope();
        var points = randn(200, 2);
        var targets = points.matmul(tensor(new float[] { 2, -1 }).unsqueeze(1)) + 3;
        using var module = new RegressionModule(nn.Linear(2, 1), parameters => optim.SGD(parameters, 0.1));
        using var trainer = NewTrainer(10);
        var data = DataSource.FromTensors(points, targets, new() { BatchSize = 30 });

        var result = trainer.Fit(module, data, data);

        Assert.IsGreaterThan(0.999, result.Metrics["val_r2"]);
        Assert.IsLessThan(0.1, result.Metrics["val_mae"]);
        Assert.AreEqual(result.Metrics["val_loss"], trainer.Test(module, data)["test_loss"], 1e-12);
    }

    [TestMethod]
    [DataRow(2, DisplayName = "fewer classes than outputs")]
    [DataRow(5, DisplayName = "more classes than outputs")]
    public void Fit_ClassifierWhoseNetworkHasOtherOutputs_IsRefusedWithBothNumbers(int classes)
    {
        using var scope = NewDisposeScope();
        using var module = new ClassifierModule(nn.Linear(4, 3), classes, parameters => optim.SGD(parameters, 0.1));
        using var trainer = NewTrainer(1);
        var data = DataSource.FromTensors(rand(8, 4), randint(0, 2, 8), new() { BatchSize = 4 });

        var thrown = Assert.ThrowsExactly<InvalidOperationException>(() => trainer.Fit(module, data));

        Assert.Contains($"[4, 3]; expected logits [N, {classes}]", thrown.Message);
    }

    [TestMethod]
    public void Fit_RegressionWithTargetsOfAnotherShape_IsRefused()
    {
        using var scope = NewDisposeScope();
        using var module = new RegressionModule(nn.Linear(2, 1), parameters => optim.SGD(parameters, 0.1));
        using var trainer = NewTrainer(1);

        var thrown = Assert.ThrowsExactly<ArgumentException>(() => trainer.Fit(module, DataSource.FromTensors(rand(4, 2), rand(4))));

        Assert.Contains("squeeze(1)", thrown.Message);
    }

    [TestMethod]
    public void ConfigureOptimizers_OfADerivedClassWithItsOwnLayer_HasAllParameters()
    {
        using var module = new TwoPartClassifier();
        using var optimizer = module.ConfigureOptimizers().Optimizer;
        Assert.AreEqual(4, module.parameters().Count());
    }

    /// <summary>The code of docs/training.md.</summary>
    [TestMethod]
    public void Fit_ClassifierOfThePage_Trains()
    {
        using var scope = NewDisposeScope();
        using var module = new ClassifierModule(
            nn.Sequential(nn.Linear(4, 3)), classes: 3, parameters => optim.AdamW(parameters, lr: 1e-2));
        using var trainer = NewTrainer(1);

        Assert.AreEqual(2, trainer.Fit(module, DataSource.FromTensors(rand(8, 4), randint(0, 3, 8), new() { BatchSize = 4 })).GlobalStep);
    }

    private static Trainer NewTrainer(int epochs) =>
        Trainer.Create(builder => builder.Configure(options => (options.MaxEpochs, options.EnableCheckpointing) = (epochs, false)));

    private sealed class TwoPartClassifier : ClassifierModule
    {
        private readonly Linear _more = nn.Linear(3, 3);

        public TwoPartClassifier()
            : base(nn.Linear(2, 3), 3, parameters => optim.SGD(parameters, 0.1)) => RegisterComponents();
    }
}
