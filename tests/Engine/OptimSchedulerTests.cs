using System.Globalization;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.optim.lr_scheduler;

namespace Fulgurite.Tests.Engine;

[TestClass]
public class OptimSchedulerTests
{
    private static readonly Dictionary<string, (Func<torch.optim.Optimizer, LRScheduler> Make, Func<int, double> Rate)> Closed = new()
    {
        ["step"] = (o => StepLR(o, 3, 0.5), t => Math.Pow(0.5, t / 3)),
        ["lambda"] = (o => LambdaLR(o, t => 1.0 / (1 + t)), t => 1.0 / (1 + t)),
        ["multi"] = (o => MultiStepLR(o, [2, 7], 0.1), t => t < 2 ? 1 : t < 7 ? 0.1 : 0.01),
        ["polynomial"] = (o => PolynomialLR(o, 6, 2), t => Math.Pow(1 - (Math.Min(t, 6) / 6.0), 2)),
        ["exponential"] = (o => ExponentialLR(o, 0.9), t => Math.Pow(0.9, t)),
        ["constant"] = (o => ConstantLR(o, 0.25, 4), t => t < 4 ? 0.25 : 1),
        ["linear"] = (o => LinearLR(o, 0.2, 0.8, 5), t => 0.2 + (0.6 * Math.Min(t, 5) / 5)),
        ["cosine"] = (o => CosineAnnealingLR(o, 8, 0.1), t => 0.1 + (0.9 * (1 + Math.Cos(Math.PI * t / 8)) / 2)),
        ["multiplicative"] = (o => MultiplicativeLR(o, _ => 0.8), t => Math.Pow(0.8, t)),
    };

    public static IEnumerable<object[]> Names => Closed.Keys.Select(name => new object[] { name });

    [TestMethod]
    [DynamicData(nameof(Names))]
    public void Step_AfterStep_FollowsTheClosedForm(string name)
    {
        using var optimizer = Optimizer();
        var scheduler = Closed[name].Make(optimizer);
        for (var t = 0; t <= 10; t++)
        {
            Assert.AreEqual(Closed[name].Rate(t), Rate(optimizer), 1e-12, $"{name} at {t}");
            Assert.AreEqual(Rate(optimizer), scheduler.get_last_lr().Single());
            scheduler.step();
        }
    }

    [TestMethod]
    [DataRow("step")]
    [DataRow("lambda")]
    [DataRow("multi")]
    [DataRow("exponential")]
    [DataRow("constant")]
    [DataRow("linear")]
    [DataRow("cosine")]
    public void Step_ToAnEpoch_IsAsStepByStep(string name)
    {
        using var optimizer = Optimizer();
        var scheduler = Closed[name].Make(optimizer);
        scheduler.step(6);
        Assert.AreEqual(Closed[name].Rate(6), Rate(optimizer), 1e-12);
        scheduler.step();
        Assert.AreEqual(Closed[name].Rate(7), Rate(optimizer), 1e-12);
    }

    [TestMethod]
    public void SequentialLR_AtItsMilestone_BeginsTheNext()
    {
        using var optimizer = Optimizer();
        var scheduler = SequentialLR(optimizer, [ConstantLR(optimizer, 0.1, 100), ExponentialLR(optimizer, 0.5)], [3]);
        Assert.AreEqual("0.1 0.1 0.1 1 0.5 0.25", Walk(optimizer, scheduler, 6));
    }

    [TestMethod]
    public void ChainedLR_OfTwo_MultipliesThem()
    {
        using var optimizer = Optimizer();
        var scheduler = ChainedLR([StepLR(optimizer, 2, 0.1), ExponentialLR(optimizer, 0.5)]);
        Assert.AreEqual("1 0.5 0.025 0.0125", Walk(optimizer, scheduler, 4));
    }

    [TestMethod]
    public void SequentialLR_WithWrongMilestonesOrOptimizer_IsRefused()
    {
        using var optimizer = Optimizer();
        using var other = Optimizer();
        Assert.ThrowsExactly<ArgumentException>(() => SequentialLR(optimizer, [StepLR(optimizer, 1), StepLR(optimizer, 1)], [1, 2]));
        Assert.ThrowsExactly<ArgumentException>(() => SequentialLR(optimizer, [StepLR(optimizer, 1), StepLR(other, 1)], [1]));
    }

    [TestMethod]
    public void ReduceLROnPlateau_WithoutImprovement_ReducesAfterPatience()
    {
        using var optimizer = Optimizer();
        var scheduler = ReduceLROnPlateau(optimizer, factor: 0.5, patience: 1, cooldown: 1, min_lr: [0.2]);
        var rates = new List<double>();
        foreach (var loss in new[] { 1.0, 0.5, 0.6, 0.6, 0.6, 0.6, 0.6, 0.4, 0.6, 0.6 })
        {
            scheduler.step(loss);
            rates.Add(Rate(optimizer));
        }

        CollectionAssert.AreEqual(new[] { 1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.2 }, rates);
        Assert.ThrowsExactly<InvalidOperationException>(() => scheduler.step());
    }

    [TestMethod]
    public void ReduceLROnPlateau_OfLargestMetric_ComparesTheOtherWay()
    {
        using var optimizer = Optimizer();
        var scheduler = ReduceLROnPlateau(optimizer, "max", 0.1, patience: 0, threshold: 0.1, threshold_mode: "abs");
        scheduler.step(1.0);
        scheduler.step(1.2);
        Assert.AreEqual(1, Rate(optimizer));
        scheduler.step(1.25);
        Assert.AreEqual(0.1, Rate(optimizer), 1e-12);
        Assert.ThrowsExactly<ArgumentException>(() => ReduceLROnPlateau(optimizer, "least"));
    }

    [TestMethod]
    public void OneCycleLR_AsPython_ChangesRateAndMomentum()
    {
        var python = PythonTorch.Run("""

            p = [torch.nn.Parameter(torch.zeros(1))]
            for name, o, three, how in [("sgd", torch.optim.SGD(p, lr=0.1, momentum=0.9), False, "cos"), ("adam", torch.optim.Adam(p), True, "linear")]:
                s = torch.optim.lr_scheduler.OneCycleLR(o, max_lr=0.5, total_steps=12, three_phase=three, anneal_strategy=how)
                rates, momenta = [], []
                for i in range(12):
                    g = o.param_groups[0]
                    rates.append(g["lr"]); momenta.append(g["momentum"] if name == "sgd" else g["betas"][0])
                    if i < 11: s.step()
                out[name + ".rates"], out[name + ".momenta"] = rates, momenta

            """);
        using var parameter = nn.Parameter(zeros(1));
        using var sgd = optim.SGD([parameter], 0.1, momentum: 0.9);
        using var adam = optim.Adam([parameter]);
        Check("sgd", sgd, OneCycleLR(sgd, 0.5, total_steps: 12), () => ((SGD.ParamGroup)sgd.ParamGroups.Single()).Momentum);
        Check(
            "adam", adam, OneCycleLR(adam, 0.5, total_steps: 12, anneal_strategy: impl.OneCycleLR.AnnealStrategy.Linear, three_phase: true),
            () => ((Adam.ParamGroup)adam.ParamGroups.Single()).Betas.Item1);

        void Check(string name, torch.optim.Optimizer optimizer, LRScheduler scheduler, Func<double> momentum)
        {
            var rates = new List<double>();
            var momenta = new List<double>();
            for (var i = 0; i < 12; i++)
            {
                rates.Add(Rate(optimizer));
                momenta.Add(momentum());
                if (i < 11)
                {
                    scheduler.step();
                }
            }

            PythonTorch.AssertClose(python[name + ".rates"], [.. rates], 1e-12, name);
            PythonTorch.AssertClose(python[name + ".momenta"], [.. momenta], 1e-12, name);
        }
    }

    [TestMethod]
    public void CyclicLR_Triangular_GoesUpAndDown()
    {
        using var optimizer = Optimizer();
        var scheduler = CyclicLR(optimizer, 0.1, 0.5, step_size_up: 2, step_size_down: 4, cycle_momentum: false);
        Assert.AreEqual("0.1 0.3 0.5 0.4 0.3 0.2 0.1 0.3", Walk(optimizer, scheduler, 8));
    }

    [TestMethod]
    public void Scheduler_OfTwoGroups_ScalesEachFromItsOwnRate()
    {
        using var scope = NewDisposeScope();
        using var optimizer = optim.SGD([new SGD.ParamGroup([nn.Parameter(zeros(1))], 1.0), new SGD.ParamGroup([nn.Parameter(zeros(1))], 0.1)], 0.5);
        var scheduler = ExponentialLR(optimizer, 0.5);
        scheduler.step();
        CollectionAssert.AreEqual(new[] { 0.5, 0.05 }, optimizer.ParamGroups.Select(g => g.LearningRate).ToList());
    }

    private static SGD Optimizer() => optim.SGD([nn.Parameter(zeros(1))], 1.0);

    private static double Rate(torch.optim.Optimizer optimizer) => optimizer.ParamGroups.First().LearningRate;

    private static string Walk(torch.optim.Optimizer optimizer, LRScheduler scheduler, int steps)
    {
        var rates = new List<string>();
        for (var i = 0; i < steps; i++)
        {
            rates.Add(Math.Round(Rate(optimizer), 10).ToString(CultureInfo.InvariantCulture));
            scheduler.step();
        }

        return string.Join(' ', rates);
    }
}
