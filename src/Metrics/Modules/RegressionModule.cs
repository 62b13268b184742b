using Fulgurite.Metrics;
using TorchSharp.Modules;

namespace Fulgurite;

/// <summary>
/// Trains a network to predict numbers: mean squared error, and the metrics <c>train_loss</c>, <c>val_loss</c>, <c>val_mae</c>,
/// <c>val_r2</c> and, in tests, the same with <c>test_</c>.
/// </summary>
/// <remarks>
/// Derive from it to override a step or hook. Outputs and targets must have the same shape: a network with outputs [N, 1] and targets [N]
/// are refused, because broadcasting would compare every output with every target.
/// </remarks>
public class RegressionModule : TrainingModule<(Tensor Inputs, Tensor Targets), Tensor>
{
    private readonly nn.Module<Tensor, Tensor> _network;
    private readonly Func<IEnumerable<Parameter>, OptimizerSetup> _optimizer;
    private readonly Dictionary<string, (MeanSquaredError Squared, MeanAbsoluteError Absolute, R2Score R2)> _metrics =
        new(StringComparer.Ordinal);

    /// <summary>Initializes a regression.</summary>
    /// <param name="network">Maps inputs to outputs of the shape of the targets. The module disposes it.</param>
    /// <param name="optimizer">Creates the optimizer, e.g. <c>parameters => optim.AdamW(parameters, lr: 1e-3)</c>.</param>
    /// <param name="outputs">The number of numbers per item; above 1, targets are [N, outputs]. Default: 1.</param>
    public RegressionModule(nn.Module<Tensor, Tensor> network, Func<IEnumerable<Parameter>, OptimizerSetup> optimizer, int outputs = 1)
        : base("regression")
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(optimizer);
        (_network, _optimizer) = (network, optimizer);
#pragma warning disable MA0056 // A derived class does not override the registration of TorchSharp.
        register_module("network", network);
#pragma warning restore MA0056
        foreach (var stage in (string[])["val", "test"])
        {
            _metrics[stage] = (
                RegisterMetric($"{stage}_loss", new MeanSquaredError()),
                RegisterMetric($"{stage}_mae", new MeanAbsoluteError()),
                RegisterMetric($"{stage}_r2", new R2Score(outputs)));
        }
    }

    /// <inheritdoc/>
    public override OptimizerSetup ConfigureOptimizers() => _optimizer(parameters());

    /// <inheritdoc/>
    public override Tensor? TrainingStep((Tensor Inputs, Tensor Targets) batch, int batchIndex)
    {
        var outputs = _network.call(batch.Inputs);
        TensorValues.CheckSameShape(outputs, batch.Targets);
        var loss = nn.functional.mse_loss(outputs, batch.Targets);
        Log("train_loss", loss, progressBar: true);
        return loss;
    }

    /// <inheritdoc/>
    public override void ValidationStep((Tensor Inputs, Tensor Targets) batch, int batchIndex) => Evaluate("val", batch);

    /// <inheritdoc/>
    public override void TestStep((Tensor Inputs, Tensor Targets) batch, int batchIndex) => Evaluate("test", batch);

    /// <inheritdoc/>
    public override Tensor PredictStep((Tensor Inputs, Tensor Targets) batch, int batchIndex) => _network.call(batch.Inputs);

    private void Evaluate(string stage, (Tensor Inputs, Tensor Targets) batch)
    {
        var outputs = _network.call(batch.Inputs);
        var (squared, absolute, r2) = _metrics[stage];
        squared.Update(outputs, batch.Targets);
        absolute.Update(outputs, batch.Targets);
        r2.Update(outputs, batch.Targets);
        Log($"{stage}_loss", squared, progressBar: true);
        Log($"{stage}_mae", absolute, progressBar: true);
        Log($"{stage}_r2", r2);
    }
}
