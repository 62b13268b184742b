using TorchSharp.Modules;

namespace Fulgurite.Tests.Callbacks.Conformance;

/// <summary>
/// A layer whose weights change in every step, and metrics that a test chooses: <c>val</c> by validation, <c>train</c> by step,
/// <c>epoch_metric</c> by epoch.
/// </summary>
internal class PolicyModule : TrainingModule<Tensor>
{
    private readonly Linear _linear = nn.Linear(2, 1);

#pragma warning disable MA0056 // Registering is virtual in TorchSharp, and nobody here overrides it.
    public PolicyModule()
        : base(nameof(PolicyModule)) => RegisterComponents();
#pragma warning restore MA0056

    public Func<int, double?> Validation { get; init; } = number => 1.0 / number;

    public Func<long, double?> Train { get; init; } = _ => null;

    public Func<int, double?> Epoch { get; init; } = _ => null;

    public int Validations { get; set; }

    /// <summary>The first weight after each step, by the number of the step.</summary>
    public Dictionary<long, float> Weights { get; } = [];

    public override StateMap? HyperParameters => new() { ["width"] = 2 };

    public static Tensor[] Data(int batches) => [.. Enumerable.Range(0, batches).Select(_ => ones(3, 2).DetachFromDisposeScope())];

    public float Weight() => _linear.weight!.detach().flatten()[0].item<float>();

    /// <summary>Whether it steps its optimizer by its own hand.</summary>
    public bool StepsByHand { get; init; }

    public Func<optim.Optimizer, OptimizerSetup>? Setup { get; init; }

    public override bool AutomaticOptimization => !StepsByHand;

    public override OptimizerSetup ConfigureOptimizers()
    {
        var optimizer = optim.SGD(parameters(), 0.1);
        return Setup is null ? optimizer : Setup(optimizer);
    }

    public override Tensor? TrainingStep(Tensor batch, int batchIndex)
    {
        if (Train(Trainer!.GlobalStep + 1) is { } value)
        {
            Log("train", value);
        }

        var loss = _linear.call(batch).sum();
        if (!StepsByHand)
        {
            return loss;
        }

        var optimizer = Optimizers[0];
        optimizer.ZeroGrad();
        ManualBackward(loss);
        optimizer.Step();
        return null;
    }

    public override void OnTrainBatchEnd(OnTrainBatchEndArguments arguments) =>
        Weights[arguments.Trainer.GlobalStep] = Weight();

    public override void ValidationStep(Tensor batch, int batchIndex)
    {
        if (batchIndex == 0 && Trainer!.IsFitting && Validation(++Validations) is { } value)
        {
            Log("val", value);
        }
    }

    public override void OnTrainEpochEnd(OnTrainEpochEndArguments arguments)
    {
        if (Epoch(arguments.Trainer.CurrentEpoch) is { } value)
        {
            Log("epoch_metric", value);
        }
    }
}
