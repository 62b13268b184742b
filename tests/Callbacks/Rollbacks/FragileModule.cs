using Fulgurite.Schedulers;
using TorchSharp.Modules;

namespace Fulgurite.Tests.Callbacks.Rollbacks;

/// <summary>Dropout, batch norm, Adam and a schedule: everything that going back must take back.</summary>
internal sealed class FragileModule : TrainingModule<Tensor>
{
    private readonly Linear _first = nn.Linear(3, 8);
    private readonly BatchNorm1d _norm = nn.BatchNorm1d(8);
    private readonly Dropout _dropout = nn.Dropout(0.3);
    private readonly Linear _second = nn.Linear(8, 1);

    public FragileModule()
        : base(nameof(FragileModule)) => RegisterComponents();

    public List<double> Losses { get; } = [];

    public override OptimizerSetup ConfigureOptimizers()
    {
        var optimizer = optim.Adam(parameters(), 0.01);
        return new OptimizerSetup(
            optimizer, new SchedulerConfiguration(new StepLR(optimizer, 4, 0.5)) { Interval = SchedulerInterval.Step });
    }

    public override Tensor TrainingStep(Tensor batch, int batchIndex)
    {
        // The scale of a batch goes to its loss, unseen by the norm.
        var outputs = _second.call(_dropout.call(_norm.call(_first.call(batch / batch.abs().max()))));
        var loss = (outputs - 1).square().mean() * batch.abs().max();
        Losses.Add(loss.item<float>());
        Log("train_loss", loss);
        return loss;
    }

    public List<float> Weights()
    {
        using var scope = NewDisposeScope();
        return
        [
            .. state_dict().OrderBy(entry => entry.Key, StringComparer.Ordinal).SelectMany(
                entry => entry.Value.to_type(ScalarType.Float32).data<float>().ToArray()),
        ];
    }
}
