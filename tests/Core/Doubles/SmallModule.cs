namespace Fulgurite.Tests.Core.Doubles;

/// <summary>A small network with dropout and a batch norm, so that random numbers and buffers count.</summary>
internal sealed class SmallModule : TrainingModule<(Tensor Inputs, Tensor Targets), Tensor>
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

    /// <summary>Makes optimizers and schedulers in place of the one optimizer.</summary>
    public Func<SmallModule, OptimizerSetup>? Setup { get; init; }

    /// <summary>Runs when a checkpoint is about to be applied.</summary>
    public Action AtLoadCheckpoint { get; init; } = () => { };

    public bool? Strict { get; init; }

    public override bool? StrictLoading => Strict;

    public List<double> Losses { get; } = [];

    public override OptimizerSetup ConfigureOptimizers() => Setup?.Invoke(this) ?? _optimizer(parameters());

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

    public override void TestStep((Tensor Inputs, Tensor Targets) batch, int batchIndex)
    {
        Hooks?.Add("module.TestStep");
        Log("test_loss", nn.functional.mse_loss(Forward(batch.Inputs), batch.Targets), weight: batch.Inputs.shape[0]);
    }

    public override Tensor PredictStep((Tensor Inputs, Tensor Targets) batch, int batchIndex)
    {
        Hooks?.Add("module.PredictStep");
        return Forward(batch.Inputs);
    }

    public override void SetUp(SetUpArguments arguments) => Hooks?.Add($"module.SetUp({arguments.Stage})");

    public override void TearDown(TearDownArguments arguments) => Hooks?.Add($"module.TearDown({arguments.Stage})");

    public override void OnFitStart(OnFitStartArguments arguments) => Hooks?.Add("module.OnFitStart");

    public override void OnFitEnd(OnFitEndArguments arguments) => Hooks?.Add("module.OnFitEnd");

    public override void OnTrainStart(OnTrainStartArguments arguments) => Hooks?.Add("module.OnTrainStart");

    public override void OnTrainEnd(OnTrainEndArguments arguments) => Hooks?.Add("module.OnTrainEnd");

    public override void OnTrainEpochStart(OnTrainEpochStartArguments arguments) => Hooks?.Add("module.OnTrainEpochStart");

    public override void OnTrainEpochEnd(OnTrainEpochEndArguments arguments) => Hooks?.Add("module.OnTrainEpochEnd");

    public override void OnTrainBatchStart(OnTrainBatchStartArguments arguments) => Hooks?.Add("module.OnTrainBatchStart");

    public override void OnTrainBatchEnd(OnTrainBatchEndArguments arguments) => Hooks?.Add("module.OnTrainBatchEnd");

    public override void OnBeforeZeroGrad(OnBeforeZeroGradArguments arguments) => Hooks?.Add("module.OnBeforeZeroGrad");

    public override void OnBeforeBackward(OnBeforeBackwardArguments arguments) => Hooks?.Add("module.OnBeforeBackward");

    public override void OnAfterBackward(OnAfterBackwardArguments arguments) => Hooks?.Add("module.OnAfterBackward");

    public override void OnBeforeOptimizerStep(OnBeforeOptimizerStepArguments arguments) => Hooks?.Add("module.OnBeforeOptimizerStep");

    public override void OnValidationStart(OnValidationStartArguments arguments) => Hooks?.Add("module.OnValidationStart");

    public override void OnValidationEpochStart(OnValidationEpochStartArguments arguments) => Hooks?.Add("module.OnValidationEpochStart");

    public override void OnValidationBatchStart(OnValidationBatchStartArguments arguments) => Hooks?.Add("module.OnValidationBatchStart");

    public override void OnValidationBatchEnd(OnValidationBatchEndArguments arguments) => Hooks?.Add("module.OnValidationBatchEnd");

    public override void OnValidationEpochEnd(OnValidationEpochEndArguments arguments) => Hooks?.Add("module.OnValidationEpochEnd");

    public override void OnValidationEnd(OnValidationEndArguments arguments) => Hooks?.Add("module.OnValidationEnd");

    public override void OnTestStart(OnTestStartArguments arguments) => Hooks?.Add("module.OnTestStart");

    public override void OnTestEpochStart(OnTestEpochStartArguments arguments) => Hooks?.Add("module.OnTestEpochStart");

    public override void OnTestBatchStart(OnTestBatchStartArguments arguments) => Hooks?.Add("module.OnTestBatchStart");

    public override void OnTestBatchEnd(OnTestBatchEndArguments arguments) => Hooks?.Add("module.OnTestBatchEnd");

    public override void OnTestEpochEnd(OnTestEpochEndArguments arguments) => Hooks?.Add("module.OnTestEpochEnd");

    public override void OnTestEnd(OnTestEndArguments arguments) => Hooks?.Add("module.OnTestEnd");

    public override void OnPredictStart(OnPredictStartArguments arguments) => Hooks?.Add("module.OnPredictStart");

    public override void OnPredictEpochStart(OnPredictEpochStartArguments arguments) => Hooks?.Add("module.OnPredictEpochStart");

    public override void OnPredictBatchStart(OnPredictBatchStartArguments arguments) => Hooks?.Add("module.OnPredictBatchStart");

    public override void OnPredictBatchEnd(OnPredictBatchEndArguments arguments) => Hooks?.Add("module.OnPredictBatchEnd");

    public override void OnPredictEpochEnd(OnPredictEpochEndArguments arguments) => Hooks?.Add("module.OnPredictEpochEnd");

    public override void OnPredictEnd(OnPredictEndArguments arguments) => Hooks?.Add("module.OnPredictEnd");

    public override void OnLoadCheckpoint(OnLoadCheckpointArguments arguments) => AtLoadCheckpoint();

    private Tensor Forward(Tensor inputs)
    {
        var hidden = nn.functional.relu(_norm.call(_first.call(inputs)));
        return _second.call(_dropout.call(hidden));
    }
}
