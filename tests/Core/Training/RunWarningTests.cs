using Fulgurite.Tests.Core.Doubles;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite.Tests.Core.Training;

/// <summary>Each silent mistake is reported by one warning with the remedy.</summary>
[TestClass]
public sealed class RunWarningTests : IDisposable
{
    private readonly CollectingLogger _log = new(LogLevel.Warning);

    public void Dispose() => _log.Dispose();

    [TestMethod]
    [DataRow(1, DisplayName = "from the first step on")]
    [DataRow(7, DisplayName = "in the middle of an epoch that loggers are not told of")]
    public void Fit_LossBecomesNaN_WarnsOnce(int from)
    {
        using var module = new Module(step => step >= from ? double.NaN : 1);

        Fit(module, new TrainerOptions { MaxEpochs = 3, LogEveryNSteps = 1000 });

        Assert.HasCount(1, _log.Messages);
        Assert.Contains("The loss is NaN", _log.Messages[0]);
        Assert.Contains("Rollback", _log.Messages[0]);
    }

    [TestMethod]
    public void Fit_LossIsFinite_SaysNothing()
    {
        using var module = new Module(_ => 1);

        Fit(module, new TrainerOptions { MaxEpochs = 3, LogEveryNSteps = 2 });

        Assert.IsEmpty(_log.Messages);
    }

    [TestMethod]
    public void Fit_ValidationDataWithoutAValidationStep_WarnsOnce()
    {
        using var module = new Module(_ => 1);

        Fit(module, new TrainerOptions { MaxEpochs = 3 }, new[] { 1 });

        Assert.HasCount(1, _log.Messages);
        Assert.Contains("Module does not override ValidationStep", _log.Messages[0]);
        Assert.Contains("ValidationStep", _log.Messages[0]);
    }

    [TestMethod]
    public void Fit_ValidationStepIsOverriddenInABaseClass_SaysNothing()
    {
        using var module = new Derived();

        Fit(module, new TrainerOptions { MaxEpochs = 1 }, new[] { 1 });

        Assert.IsEmpty(_log.Messages);
    }

    private void Fit(Module module, TrainerOptions options, int[]? validation = null)
    {
        using var trainer = new Trainer(new SingleDeviceStrategy(new InMemoryCheckpointIO()), options, loggerFactory: _log);
        trainer.Fit(module, new[] { 1, 2, 3, 4 }, validation);
    }

    private class Module : TrainingModule<int>
    {
        private readonly Linear _layer = nn.Linear(1, 1);
        private readonly Func<long, double> _scale;

#pragma warning disable MA0056 // Registering is virtual in TorchSharp, and nobody here overrides it.
        public Module(Func<long, double> scale)
            : base(nameof(Module))
        {
            _scale = scale;
            RegisterComponents();
        }
#pragma warning restore MA0056

        public override OptimizerSetup ConfigureOptimizers() => optim.SGD(parameters(), 0.01);

        public override Tensor? TrainingStep(int batch, int batchIndex) => _layer.call(ones(1, 1)).pow(2).mean() * _scale(GlobalStep + 1);
    }

    private class Validating() : Module(_ => 1)
    {
        public override void ValidationStep(int batch, int batchIndex)
        {
        }
    }

    private sealed class Derived : Validating;
}
