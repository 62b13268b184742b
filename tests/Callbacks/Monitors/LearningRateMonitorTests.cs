using Fulgurite.Schedulers;
using TorchSharp.Modules;

namespace Fulgurite.Tests.Callbacks.Monitors;

[TestClass]
public sealed class LearningRateMonitorTests
{
    [TestMethod]
    public void Fit_SchedulerEveryStep_SendsTheRateThatTheNextStepUses()
    {
        var logger = Fit(new LearningRateMonitorOptions { Interval = LearningRateInterval.Step }, module =>
        {
            var sgd = optim.SGD(module.parameters(), 0.8);
            return new OptimizerSetup(
                sgd, new SchedulerConfiguration(new StepLR(sgd, stepSize: 1, gamma: 0.5)) { Interval = SchedulerInterval.Step });
        });

        Assert.AreSequenceEqual<(double, long)>([(0.8, 0), (0.2, 2), (0.05, 4)], logger.Of("lr-SGD"));
    }

    [TestMethod]
    public void Fit_ByEpoch_SendsOneANumberOfAnEpoch()
    {
        var logger = Fit(
            new LearningRateMonitorOptions { Interval = LearningRateInterval.Epoch }, module => optim.SGD(module.parameters(), 0.8));

        Assert.AreSequenceEqual<(double, long)>([(0.8, 0), (0.8, 3)], logger.Of("lr-SGD"));
    }

    [TestMethod]
    public void Fit_SeveralOptimizersAndGroups_NamesEach()
    {
        var logger = Fit(
            new LearningRateMonitorOptions { LogMomentum = true, LogWeightDecay = true, Prefix = "opt/" },
            module => new OptimizerSetup(
            [
                optim.SGD(
                    [new SGD.ParamGroup([module.Weight], 0.1, momentum: 0.9), new SGD.ParamGroup([module.Bias], 0.2, weight_decay: 0.01)],
                    0.3),
                optim.Adam([module.Other], 0.4, beta1: 0.8),
                optim.Adam([module.Another], 0.5),
            ]));

        var first = logger.Entries.Where(entry => entry.Step == 0).ToDictionary(
            entry => entry.Name, entry => entry.Value, StringComparer.Ordinal);
        Assert.AreEqual(0.1, first["opt/lr-SGD/pg1"]);
        Assert.AreEqual(0.9, first["opt/lr-SGD/pg1-momentum"]);
        Assert.AreEqual(0.2, first["opt/lr-SGD/pg2"]);
        Assert.AreEqual(0.01, first["opt/lr-SGD/pg2-weight_decay"]);
        Assert.AreEqual(0.4, first["opt/lr-Adam"]);
        Assert.AreEqual(0.8, first["opt/lr-Adam-momentum"]);
        Assert.AreEqual(0.5, first["opt/lr-Adam-1"]);
        Assert.HasCount(12, first);
    }

    [TestMethod]
    [DataRow(true, false, new[] { "lr-SGD", "lr-SGD-momentum" })]
    [DataRow(false, true, new[] { "lr-SGD", "lr-SGD-weight_decay" })]
    [DataRow(false, false, new[] { "lr-SGD" })]
    public void Fit_MomentumOrWeightDecay_SendsWhatWasChosen(bool momentum, bool decay, string[] names)
    {
        var logger = Fit(
            new LearningRateMonitorOptions { LogMomentum = momentum, LogWeightDecay = decay },
            module => optim.SGD(module.parameters(), 0.8, momentum: 0.9, weight_decay: 0.1));

        Assert.AreSequenceEqual(
            names, logger.Entries.Select(entry => entry.Name).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
    }

    [TestMethod]
    public void Fit_OptimizerWithoutMomentumOrDecay_SendsTheRate()
    {
        var logger = Fit(
            new LearningRateMonitorOptions { LogMomentum = true, LogWeightDecay = true },
            module => optim.Adagrad(module.parameters(), 0.8));

        Assert.DoesNotContain("lr-Adagrad-momentum", logger.Entries.Select(entry => entry.Name));
        Assert.AreEqual(0.8, logger.Of("lr-Adagrad").First().Value);
    }

    [TestMethod]
    public void Fit_BothIntervals_SendsEachStepOnce()
    {
        var logger = Fit(new LearningRateMonitorOptions(), module => optim.SGD(module.parameters(), 0.8));

        Assert.AreSequenceEqual<long>([0, 2, 3, 4], logger.Of("lr-SGD").Select(entry => entry.Step));
    }

    [TestMethod]
    public void AddCallback_Configured_IsMadeWithItsOptions()
    {
        using var trainer = Trainer.Create(builder => builder
            .AddStrategy(new SingleDeviceStrategy(new HeldCheckpointIO()))
            .AddCallback<LearningRateMonitor>(options => options.LogMomentum = true));

        Assert.IsTrue(trainer.Callbacks.OfType<LearningRateMonitor>().Single().Options.LogMomentum);
    }

    private static CollectingMetricLogger Fit(LearningRateMonitorOptions options, Func<GroupModule, OptimizerSetup> optimizers)
    {
        using var module = new GroupModule(optimizers);
        var logger = new CollectingMetricLogger();
        new Trainer(
            new SingleDeviceStrategy(new HeldCheckpointIO()),
            new TrainerOptions { MaxEpochs = 2, LogEveryNSteps = 2 },
            [new LearningRateMonitor(options)],
            [logger]).Fit(module, ScriptedModule.Data(3));
        return logger;
    }

    private sealed class GroupModule : TrainingModule<Tensor>
    {
        private readonly Func<GroupModule, OptimizerSetup> _optimizers;

        public GroupModule(Func<GroupModule, OptimizerSetup> optimizers)
            : base(nameof(GroupModule))
        {
            _optimizers = optimizers;
            RegisterComponents();
        }

        public Parameter Weight { get; } = new(ones(1));

        public Parameter Bias { get; } = new(ones(1));

        public Parameter Other { get; } = new(ones(1));

        public Parameter Another { get; } = new(ones(1));

        public override OptimizerSetup ConfigureOptimizers() => _optimizers(this);

        public override Tensor TrainingStep(Tensor batch, int batchIndex) => batch.sum() * (Weight + Bias + Other + Another).sum();
    }
}
