using Fulgurite.Schedulers;
using AnnealingStrategy = Fulgurite.Schedulers.AnnealingStrategy;

namespace Fulgurite.Tests.Core.Schedulers;

/// <summary>A scheduler as it is made in Python and here, over an optimizer with two groups.</summary>
internal sealed record SchedulerCase(string Name, string Python, Func<optim.Optimizer, LearningRateScheduler> Make, bool Adam = false)
{
    public const int Steps = 300;

    /// <summary>In the middle of phases, periods and cool-downs.</summary>
    public const int Middle = 127;

    public static IReadOnlyList<SchedulerCase> All { get; } =
    [
        new("lambda", "L.LambdaLR(o, lambda e: 0.95 ** e)", o => new LambdaLR(o, step => Math.Pow(0.95, step))),
        new("lambdas", "L.LambdaLR(o, [lambda e: 0.95 ** e, lambda e: 1 / (1 + e)])",
            o => new LambdaLR(o, [step => Math.Pow(0.95, step), step => 1.0 / (1 + step)])),
        new(
            "multiplicative",
            "L.MultiplicativeLR(o, lambda e: 1 - 1 / (e + 3))",
            o => new MultiplicativeLR(o, step => 1 - (1.0 / (step + 3)))),
        new("step", "L.StepLR(o, 30, 0.5)", o => new StepLR(o, 30, 0.5)),
        new("multistep", "L.MultiStepLR(o, [5, 80, 80, 200], 0.3)", o => new MultiStepLR(o, [5, 80, 80, 200], 0.3)),
        new("constant", "L.ConstantLR(o, 0.4, 150)", o => new ConstantLR(o, 0.4, 150)),
        new("linear", "L.LinearLR(o, 0.01, 0.9, 140)", o => new LinearLR(o, 0.01, 0.9, 140)),
        new("exponential", "L.ExponentialLR(o, 0.99)", o => new ExponentialLR(o, 0.99)),
        new("polynomial", "L.PolynomialLR(o, 200, 2.5)", o => new PolynomialLR(o, 200, 2.5)),
        new("cosine", "L.CosineAnnealingLR(o, 60, 1e-4)", o => new CosineAnnealingLR(o, 60, 1e-4)),
        new("cosine_odd", "L.CosineAnnealingLR(o, 7)", o => new CosineAnnealingLR(o, 7)),
        new("restarts", "L.CosineAnnealingWarmRestarts(o, 20, 2, 1e-4)", o => new CosineAnnealingWarmRestarts(o, 20, 2, 1e-4)),
        new("restarts_even", "L.CosineAnnealingWarmRestarts(o, 9)", o => new CosineAnnealingWarmRestarts(o, 9)),
        new("cyclic", "L.CyclicLR(o, 0.01, 0.2, 20, 35)", o => new CyclicLR(o, 0.01, 0.2, 20, 35)),
        new("cyclic2", "L.CyclicLR(o, 0.01, 0.2, 20, mode='triangular2', base_momentum=0.5, max_momentum=0.95)",
            o => new CyclicLR(o, 0.01, 0.2, 20, mode: CyclicMode.Triangular2, baseMomentum: 0.5, maximumMomentum: 0.95)),
        new("cyclic_range", "L.CyclicLR(o, 0.01, 0.2, 20, mode='exp_range', gamma=0.99, cycle_momentum=False)",
            o => new CyclicLR(o, 0.01, 0.2, 20, mode: CyclicMode.ExponentialRange, gamma: 0.99, cycleMomentum: false)),
        new("onecycle", "L.OneCycleLR(o, 0.5, 300)", o => new OneCycleLR(o, 0.5, 300)),
        new("onecycle_adam", "L.OneCycleLR(o, 0.5, 320, pct_start=0.2, anneal_strategy='linear', three_phase=True)",
            o => new OneCycleLR(o, 0.5, 320, 0.2, AnnealingStrategy.Linear, threePhases: true), Adam: true),
        new("sequential", "L.SequentialLR(o, [L.ConstantLR(o, 0.1, 10), L.CosineAnnealingWarmRestarts(o, 30), L.ExponentialLR(o, 0.98)], "
            + "[20, 110])",
            o => new SequentialLR(
                o,
                [new ConstantLR(o, 0.1, 10), new CosineAnnealingWarmRestarts(o, 30), new ExponentialLR(o, 0.98)],
                [20, 110])),
        new("warmup", "L.SequentialLR(o, [L.LinearLR(o, 0.1, total_iters=25), L.CosineAnnealingLR(o, 275)], [25])",
            o => new SequentialLR(o, [new LinearLR(o, 0.1, totalIterations: 25), new CosineAnnealingLR(o, 275)], [25])),
        new("chained", "L.ChainedScheduler([L.LinearLR(o, 0.1, total_iters=50), L.StepLR(o, 40, 0.7), L.CosineAnnealingLR(o, 90)])",
            o => new ChainedScheduler(new LinearLR(o, 0.1, totalIterations: 50), new StepLR(o, 40, 0.7), new CosineAnnealingLR(o, 90))),
        new("plateau", "L.ReduceLROnPlateau(o, factor=0.5, patience=4, cooldown=6, min_lr=[1e-3, 1e-4])",
            o => new ReduceLROnPlateau(o, [1e-3, 1e-4], factor: 0.5, patience: 4, cooldown: 6)),
        new("plateau_max", "L.ReduceLROnPlateau(o, 'max', 0.9, 3, threshold=0.01, threshold_mode='abs', eps=1e-3)",
            o => new ReduceLROnPlateau(o, PlateauMode.Maximum, 0.9, 3, 0.01, ThresholdMode.Absolute, epsilon: 1e-3)),
        new(
            "plateau_max_share",
            "L.ReduceLROnPlateau(o, 'max', 0.9, 3, threshold=0.01)",
            o => new ReduceLROnPlateau(o, PlateauMode.Maximum, 0.9, 3, 0.01)),
        new("plateau_abs", "L.ReduceLROnPlateau(o, 'min', 0.8, 5, threshold=0.02, threshold_mode='abs')",
            o => new ReduceLROnPlateau(o, PlateauMode.Minimum, 0.8, 5, 0.02, ThresholdMode.Absolute)),
    ];

    public static IEnumerable<object[]> Names => All.Select(item => new object[] { item.Name });

    /// <summary>Python's side of what is below: makes optimizer and scheduler, steps, and tells what it sees.</summary>
    public static string PythonHead => """
        import json, sys, torch
        import torch.optim.lr_scheduler as L

        def make(adam):
            groups = [{"params": [torch.nn.Parameter(torch.zeros(2))]}, {"params": [torch.nn.Parameter(torch.zeros(3))], "lr": 0.02}]
            return torch.optim.Adam(groups, lr=0.1) if adam else torch.optim.SGD(groups, lr=0.1, momentum=0.9)

        def see(o):
            return [v for g in o.param_groups for v in (g["lr"], g["betas"][0] if "betas" in g else g["momentum"])]

        def metric(i):
            return 1 / (1 + i // 17) + ((i * 7919) % 101) / 1000

        def step(s, i):
            s.step(metric(i)) if isinstance(s, L.ReduceLROnPlateau) else s.step()

        CASES = {

        """
        + string.Concat(All.Select(item => $"    '{item.Name}': (lambda o: {item.Python}, {(item.Adam ? "True" : "False")}),\n"))
        + "}\n";

    public static SchedulerCase Of(string name) => All.Single(item => item.Name == name);

    public static double Metric(int index) => (1.0 / (1 + (index / 17))) + (index * 7919 % 101 / 1000.0);

    public optim.Optimizer MakeOptimizer()
    {
        Parameter[] parameters = [nn.Parameter(zeros(2)), nn.Parameter(zeros(3))];
        return Adam
            ? optim.Adam(
                [
                    new Adam.ParamGroup([parameters[0]], new Adam.Options { LearningRate = 0.1 }),
                    new Adam.ParamGroup([parameters[1]], new Adam.Options { LearningRate = 0.02 }),
                ],
                0.1)
            : optim.SGD(
                [
                    new SGD.ParamGroup([parameters[0]], new SGD.Options { LearningRate = 0.1 }),
                    new SGD.ParamGroup([parameters[1]], new SGD.Options { LearningRate = 0.02 }),
                ],
                0.1,
                momentum: 0.9);
    }

    public static void Step(LearningRateScheduler scheduler, int index)
    {
        if (scheduler.NeedsMetric)
        {
            scheduler.Step(Metric(index));
        }
        else
        {
            scheduler.Step();
        }
    }

    /// <summary>Learning rate and momentum of each group.</summary>
    public static double[] See(optim.Optimizer optimizer) =>
        [
            .. optimizer.ParamGroups.SelectMany(
                group => new[] { group.LearningRate, group is optim.IBetas betas ? betas.Betas.Item1 : ((optim.IMomentum)group).Momentum }),
        ];
}
