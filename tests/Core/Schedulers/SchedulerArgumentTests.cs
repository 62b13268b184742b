using Fulgurite.Schedulers;

namespace Fulgurite.Tests.Core.Schedulers;

[TestClass]
public sealed class SchedulerArgumentTests
{
    private readonly Parameter _parameter = nn.Parameter(zeros(2));
    private optim.Optimizer _optimizer = null!;

    [TestInitialize]
    public void MakeOptimizer() => _optimizer = optim.SGD([_parameter], 0.1);

    [TestMethod]
    public void StepTo_FarAway_SetsWhatStepsWould()
    {
        using var other = optim.SGD([_parameter], 0.1);
        LearningRateScheduler[] stepped = [new StepLR(_optimizer, 7, 0.5)];
        var jumping = new StepLR(other, 7, 0.5);
        for (var index = 0; index < 40; index++)
        {
            stepped[0].Step();
        }

        jumping.StepTo(40);

        Assert.AreEqual(_optimizer.ParamGroups.First().LearningRate, other.ParamGroups.First().LearningRate, 1e-15);
        Assert.AreEqual(0.1 * Math.Pow(0.5, 5), jumping.LastRates[0], 1e-15);
    }

    [TestMethod]
    public void StepTo_FractionOfAnEpoch_IsOnTheWave()
    {
        var scheduler = new CosineAnnealingWarmRestarts(_optimizer, 2, 3);

        scheduler.StepTo(5.5);

        // The period after the first two epochs has six, of which 3.5 are over.
        Assert.AreEqual(0.1 * (1 + Math.Cos(Math.PI * 3.5 / 6)) / 2, scheduler.LastRates[0], 1e-12);
        Assert.AreEqual(5, scheduler.LastEpoch);
    }

    [TestMethod]
    public void Step_GroupAddedLater_GetsARateOfItsOwn()
    {
        var scheduler = new LambdaLR(_optimizer, step => 1.0 / (1 + step));
        scheduler.Step();
        _optimizer.add_param_group(new SGD.ParamGroup([nn.Parameter(zeros(3))], lr: 0.03));

        scheduler.Step();

        Assert.AreEqual(0.1 / 3, _optimizer.ParamGroups.First().LearningRate, 1e-15);
        Assert.AreEqual(0.03 / 3, _optimizer.ParamGroups.Last().LearningRate, 1e-15);
    }

    [TestMethod]
    public void Step_PlateauWithoutAMetric_SaysHow()
    {
        var scheduler = new ReduceLROnPlateau(_optimizer);

        var error = Assert.ThrowsExactly<InvalidOperationException>(scheduler.Step);

        Assert.Contains("Step(metric)", error.Message);
    }

    [TestMethod]
    public void Step_OneCycleBeyondItsEnd_IsAnErrorThatNamesTheLength()
    {
        var scheduler = new OneCycleLR(_optimizer, 0.5, 3);
        for (var index = 0; index < 3; index++)
        {
            scheduler.Step();
        }

        Assert.Contains("3 steps", Assert.ThrowsExactly<InvalidOperationException>(scheduler.Step).Message);
    }

    [TestMethod]
    public void Constructor_CycleOfAMomentumThatIsNotThere_NamesTheOptimizer()
    {
        using var adagrad = optim.Adagrad([_parameter]);

        Assert.Contains("Adagrad has no momentum", Assert.ThrowsExactly<ArgumentException>(() => new CyclicLR(adagrad, 0.1, 0.2)).Message);
        Assert.Contains("Adagrad has no momentum", Assert.ThrowsExactly<ArgumentException>(() => new OneCycleLR(adagrad, 0.1, 10)).Message);
    }

    [TestMethod]
    public void Constructor_PartsThatDoNotFit_AreErrors()
    {
        using var other = optim.SGD([_parameter], 0.1);

        Assert.ThrowsExactly<ArgumentException>(
            () => new SequentialLR(_optimizer, [new StepLR(_optimizer, 1), new StepLR(_optimizer, 2)], [1, 2]));
        Assert.ThrowsExactly<ArgumentException>(() => new ChainedScheduler(new StepLR(_optimizer, 1), new StepLR(other, 2)));
        Assert.ThrowsExactly<ArgumentException>(() => new ChainedScheduler(new ReduceLROnPlateau(_optimizer)));
        Assert.ThrowsExactly<ArgumentException>(() => new OptimizerSetup(other, new StepLR(_optimizer, 1)));
        Assert.ThrowsExactly<ArgumentException>(() => new OptimizerSetup(_optimizer, new ReduceLROnPlateau(_optimizer)));
        Assert.ThrowsExactly<ArgumentException>(() => new OptimizerSetup([_optimizer, _optimizer]));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new SchedulerConfiguration(new StepLR(_optimizer, 1)) { Frequency = 0 });
    }

    [TestMethod]
    public void LoadStateDict_OfACounter_ReadsItsMilestones()
    {
        var scheduler = new MultiStepLR(_optimizer, [1], 0.5);
        var state = scheduler.StateDict();
        state["milestones"] = new StateObject("collections.Counter", new StateList([new StateMap { [2] = 2 }]), StateValue.Null);

        scheduler.LoadStateDict(state);
        scheduler.Step();
        Assert.AreEqual(0.1, scheduler.LastRates[0]);
        scheduler.Step();
        Assert.AreEqual(0.025, scheduler.LastRates[0], 1e-15);
    }

    [TestCleanup]
    public void DisposeOptimizer() => _optimizer.Dispose();
}
