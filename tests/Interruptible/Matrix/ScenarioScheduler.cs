using Fulgurite.Schedulers;
using static TorchSharp.torch;

namespace Fulgurite.Tests.Interruptible.Matrix;

/// <summary>A scheduler of a scenario, and whether it goes by steps or by epochs.</summary>
internal sealed record ScenarioScheduler(
    string Name, Func<optim.Optimizer, LearningRateScheduler>? Make, SchedulerInterval Interval, string Monitor = "train_loss")
{
    /// <summary>Every kind, with phases short enough to change within the hundred steps.</summary>
    public static IReadOnlyList<ScenarioScheduler> All { get; } =
    [
        new("none", null, SchedulerInterval.Epoch),
        new("lambda", o => new LambdaLR(o, step => Math.Pow(0.99, step)), SchedulerInterval.Step),
        new("multiplicative", o => new MultiplicativeLR(o, step => 1 - (1.0 / (step + 9))), SchedulerInterval.Epoch),
        new("step", o => new StepLR(o, 2, 0.8), SchedulerInterval.Epoch),
        new("multistep", o => new MultiStepLR(o, [5, 30, 80], 0.5), SchedulerInterval.Step),
        new("constant", o => new ConstantLR(o, 0.4, 50), SchedulerInterval.Step),
        new("linear", o => new LinearLR(o, 0.1, 0.9, 90), SchedulerInterval.Step),
        new("exponential", o => new ExponentialLR(o, 0.95), SchedulerInterval.Epoch),
        new("polynomial", o => new PolynomialLR(o, 200, 2.5), SchedulerInterval.Step),
        new("cosine", o => new CosineAnnealingLR(o, 17, 1e-4), SchedulerInterval.Step),
        new("restarts", o => new CosineAnnealingWarmRestarts(o, 7, 2, 1e-4), SchedulerInterval.Step),
        new("cyclic", o => new CyclicLR(o, 0.001, 0.02, 7, 11), SchedulerInterval.Step),
        new("onecycle", o => new OneCycleLR(o, 0.05, 1000), SchedulerInterval.Step),
        new(
            "sequential",
            o =>
                new SequentialLR(
                    o, [new ConstantLR(o, 0.1, 10), new CosineAnnealingWarmRestarts(o, 15), new ExponentialLR(o, 0.98)], [20, 60]),
            SchedulerInterval.Step),
        new(
            "chained",
            o => new ChainedScheduler(new LinearLR(o, 0.1, totalIterations: 30), new StepLR(o, 20, 0.7), new CosineAnnealingLR(o, 45)),
            SchedulerInterval.Step),
        new("plateau", o => new ReduceLROnPlateau(o, factor: 0.5, patience: 1, cooldown: 1), SchedulerInterval.Epoch),
        new("plateau of validations", o => new ReduceLROnPlateau(o, factor: 0.7, patience: 1), SchedulerInterval.Epoch, "val_loss"),
    ];
}
