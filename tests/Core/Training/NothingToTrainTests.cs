namespace Fulgurite.Tests.Core.Training;

/// <summary>Modules without parameters, and optimizers that train nothing of their module.</summary>
[TestClass]
public sealed class NothingToTrainTests
{
    [TestMethod]
    [TestProperty("Behaviour", "OP4")]
    public void Fit_ModuleWithoutParameters_IsAnError()
    {
        using var module = new EmptyModule();

        var error = Assert.ThrowsExactly<InvalidOperationException>(() => Make().Fit(module, LineModule.Batches(2)));

        Assert.StartsWith("EmptyModule has no parameters, so there is nothing to train.", error.Message);
    }

    [TestMethod]
    [TestProperty("Behaviour", "OP4")]
    public void Run_ModuleWithoutParametersThatTrainsNothingByItself_Works()
    {
        using var manual = new EmptyModule { Automatic = false };

        Assert.AreEqual(FitStatus.Completed, Make().Fit(manual, LineModule.Batches(2)).Status);
        Assert.AreEqual(1, Make().Validate(manual, LineModule.Batches(2))["value"]);
        var predictions = Make().Predict(manual, LineModule.Batches(2));
        Assert.HasCount(2, predictions);
    }

    [TestMethod]
    [TestProperty("Behaviour", "OP5")]
    [DataRow(true)]
    [DataRow(false)]
    public void Fit_OptimizerWithoutParameters_IsAnError(bool automatic)
    {
        using var module = new LineModule { Automatic = automatic, Setup = _ => optim.SGD(Array.Empty<Parameter>(), 0.1) };

        var error = Assert.ThrowsExactly<InvalidOperationException>(() => Make().Fit(module, LineModule.Batches(2)));

        Assert.StartsWith("The SGD of LineModule has an empty parameter list and would train nothing.", error.Message);
    }

    [TestMethod]
    [TestProperty("Behaviour", "OP5")]
    public void Fit_OptimizerOfAnotherModule_IsAnError()
    {
        using var other = nn.Linear(4, 1);
        using var module = new LineModule
        {
            Setup = module => new OptimizerSetup([optim.SGD(module.parameters(), 0.1), optim.Adam(other.parameters())]),
        };

        var error = Assert.ThrowsExactly<InvalidOperationException>(() => Make().Fit(module, LineModule.Batches(2)));

        Assert.StartsWith("The Adam of LineModule trains none of its parameters: all 2 do not belong to the module.", error.Message);
    }

    [TestMethod]
    public void Fit_NoSetup_IsAnError()
    {
        using var module = new LineModule { Setup = _ => null! };

        var error = Assert.ThrowsExactly<InvalidOperationException>(() => Make().Fit(module, LineModule.Batches(2)));

        Assert.StartsWith("ConfigureOptimizers of LineModule returned null.", error.Message);
    }

    private static Trainer Make() => new(
        new SingleDeviceStrategy(new InMemoryCheckpointIO()),
        new TrainerOptions { MaxEpochs = 1 });

    private sealed class EmptyModule : TrainingModule<Tensor, Tensor>
    {
        public EmptyModule()
            : base(nameof(EmptyModule))
        {
        }

        public bool Automatic { get; init; } = true;

        [Unregistered]
        public Parameter Free { get; } = new(ones(1));

        public override bool AutomaticOptimization => Automatic;

        public override OptimizerSetup ConfigureOptimizers() => optim.SGD([Free], 0.1);

        public override Tensor? TrainingStep(Tensor batch, int batchIndex) => null;

        public override void ValidationStep(Tensor batch, int batchIndex) => Log("value", 1);

        public override Tensor PredictStep(Tensor batch, int batchIndex) => batch * 2;
    }
}
