using Fulgurite.Callbacks;
using Fulgurite.Optimizers;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite.Tests.Core.Doubles;

/// <summary>A small network with dropout and a batch norm, so that random numbers and buffers count.</summary>
internal sealed class SmallModule : TrainingModule<(Tensor Inputs, Tensor Targets)>
{
    private readonly Linear _first;
    private readonly BatchNorm1d _norm;
    private readonly Dropout _dropout;
    private readonly Linear _second;
    private readonly Func<IEnumerable<Parameter>, optim.Optimizer> _optimizer;

    public SmallModule(Func<IEnumerable<Parameter>, optim.Optimizer>? optimizer = null)
        : base(nameof(SmallModule))
    {
        _optimizer = optimizer ?? (parameters => optim.Adam(parameters, lr: 0.05));
        _first = nn.Linear(4, 8);
        _norm = nn.BatchNorm1d(8);
        _dropout = nn.Dropout(0.25);
        _second = nn.Linear(8, 1);
        RegisterComponents();
    }

    public List<string>? Hooks { get; init; }

    public List<double> Losses { get; } = [];

    public override OptimizerSetup ConfigureOptimizers() => _optimizer(parameters());

    public override Tensor? TrainingStep((Tensor Inputs, Tensor Targets) batch, int batchIndex)
    {
        Hooks?.Add("module.TrainingStep");
        var loss = nn.functional.mse_loss(Forward(batch.Inputs), batch.Targets);
        Log("train_loss", loss);
        Losses.Add(loss.item<float>());
        return loss;
    }

    public override void ValidationStep((Tensor Inputs, Tensor Targets) batch, int batchIndex)
    {
        Hooks?.Add("module.ValidationStep");
        Log("val_loss", nn.functional.mse_loss(Forward(batch.Inputs), batch.Targets), weight: batch.Inputs.shape[0]);
    }

    public override void OnFitStart(OnFitStartArguments arguments) => Hooks?.Add("module.OnFitStart");

    public override void OnTrainEpochStart(OnTrainEpochStartArguments arguments) => Hooks?.Add("module.OnTrainEpochStart");

    public override void OnTrainEpochEnd(OnTrainEpochEndArguments arguments) => Hooks?.Add("module.OnTrainEpochEnd");

    public override void OnValidationStart(OnValidationStartArguments arguments) => Hooks?.Add("module.OnValidationStart");

    public override void OnValidationEpochEnd(OnValidationEndArguments arguments) => Hooks?.Add("module.OnValidationEpochEnd");

    private Tensor Forward(Tensor inputs)
    {
        var hidden = nn.functional.relu(_norm.call(_first.call(inputs)));
        return _second.call(_dropout.call(hidden));
    }
}
