using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite.Tests.Interruptible.Matrix;

/// <summary>The network of a scenario: what it has of dropout, batch norm and optimizers is the scenario's to say.</summary>
internal sealed class ScenarioModule : TrainingModule<(Tensor Inputs, Tensor Targets)>
{
    /// <summary>So many, and an odd number, that products depend on the alignment of batches unless kernels are reproducible.</summary>
    public const int Features = 17;

    private readonly Scenario _scenario;
    private readonly Linear _first = nn.Linear(Features, 5);
    private readonly BatchNorm1d? _norm;
    private readonly Dropout? _dropout;
    private readonly Linear _second = nn.Linear(5, 1);
    private readonly ErrorSpread _spread;

    public ScenarioModule(Scenario scenario)
        : base(nameof(ScenarioModule))
    {
        _scenario = scenario;
        _norm = scenario.Norm ? nn.BatchNorm1d(5) : null;
        _dropout = scenario.Dropout ? nn.Dropout(0.3) : null;
        _spread = RegisterMetric("spread", new ErrorSpread());
        RegisterComponents();
    }

    /// <summary>Called in every training step, after random numbers were used.</summary>
    public Action AtTrainingStep { get; init; } = () => { };

    /// <summary>Called in every validation step.</summary>
    public Action AtValidationStep { get; init; } = () => { };

    public override bool AutomaticOptimization => !_scenario.Manual;

    public override OptimizerSetup ConfigureOptimizers() => _scenario.SeveralOptimizers
        ? new([Configure(_first.parameters().Concat(_norm?.parameters() ?? [])), Configure(_second.parameters())])
        : new([Configure(parameters())]);

    public override Tensor TrainingStep((Tensor Inputs, Tensor Targets) batch, int batchIndex)
    {
        var loss = Loss(batch);
        if (_scenario.IsBad(CurrentEpoch, batchIndex))
        {
            loss *= float.NaN;
        }

        AtTrainingStep();
        _spread.Update(loss.item<float>());
        Log("train_loss", loss, onStep: true, onEpoch: true);
        Log("spread", _spread);
        Log("remaining", Math.Max(0, _scenario.LastEpoch - CurrentEpoch), onStep: false, onEpoch: true);
        if (_scenario.Manual)
        {
            Optimize(loss, batchIndex);
        }

        return loss;
    }

    public override void ValidationStep((Tensor Inputs, Tensor Targets) batch, int batchIndex)
    {
        AtValidationStep();
        Log("val_loss", Loss(batch));
    }

    private OptimizerConfiguration Configure(IEnumerable<Parameter> parameters)
    {
        optim.Optimizer optimizer = _scenario.Adam ? optim.Adam(parameters, 0.01) : optim.SGD(parameters, 0.01, momentum: 0.9);
        var scheduler = _scenario.Scheduler;
        return scheduler.Make is not { } make
            ? optimizer
            : new OptimizerConfiguration(optimizer, new SchedulerConfiguration(make(optimizer))
            {
                Interval = scheduler.Interval,
                Monitor = _scenario.Validation == ValidationKind.None ? "train_loss" : scheduler.Monitor,
                Strict = false,
            });
    }

    private void Optimize(Tensor loss, int batchIndex)
    {
        ManualBackward(loss / _scenario.Accumulate);
        if ((batchIndex + 1) % _scenario.Accumulate != 0 && batchIndex + 1 < Scenario.BatchesPerEpoch)
        {
            return;
        }

        foreach (var optimizer in Optimizers)
        {
            if (_scenario.Clipping != ClippingKind.None)
            {
                optimizer.ClipGradients(
                    _scenario.Clipping == ClippingKind.Norm ? 0.5 : null,
                    _scenario.Clipping == ClippingKind.Value ? 0.1 : null);
            }

            optimizer.Step();
            optimizer.ZeroGrad();
        }

        foreach (var scheduler in Schedulers)
        {
            if (scheduler.NeedsMetric)
            {
                scheduler.Step(loss.item<float>());
            }
            else
            {
                scheduler.Step();
            }
        }
    }

    private Tensor Loss((Tensor Inputs, Tensor Targets) batch)
    {
        var hidden = _first.call(batch.Inputs);
        hidden = nn.functional.relu(_norm is null ? hidden : _norm.call(hidden));
        return nn.functional.mse_loss(_second.call(_dropout is null ? hidden : _dropout.call(hidden)), batch.Targets);
    }
}
