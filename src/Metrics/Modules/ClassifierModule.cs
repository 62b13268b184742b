using Fulgurite.Metrics;
using TorchSharp.Modules;

namespace Fulgurite;

/// <summary>
/// Trains a network to predict one class per item: cross-entropy, and the metrics <c>train_loss</c>, <c>val_loss</c>, <c>val_accuracy</c>,
/// <c>val_f1</c> (macro) and, in tests, the same with <c>test_</c>.
/// </summary>
/// <remarks>Derive from it to override a step or hook. Predictions are the probabilities [N, classes].</remarks>
public class ClassifierModule : TrainingModule<(Tensor Inputs, Tensor Targets), Tensor>
{
    private readonly nn.Module<Tensor, Tensor> _network;
    private readonly Func<IEnumerable<Parameter>, OptimizerSetup> _optimizer;
    private readonly int _classes;
    private readonly Dictionary<string, (Accuracy Accuracy, F1Score F1)> _metrics = new(StringComparer.Ordinal);

    /// <summary>Initializes a classifier.</summary>
    /// <param name="network">Maps inputs to logits [N, classes]. The module disposes it.</param>
    /// <param name="classes">The number of classes, at least 2.</param>
    /// <param name="optimizer">Creates the optimizer, e.g. <c>parameters => optim.AdamW(parameters, lr: 1e-3)</c>.</param>
    public ClassifierModule(nn.Module<Tensor, Tensor> network, int classes, Func<IEnumerable<Parameter>, OptimizerSetup> optimizer)
        : base("classifier")
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 2);
        ArgumentNullException.ThrowIfNull(optimizer);
        (_network, _classes, _optimizer) = (network, classes, optimizer);
#pragma warning disable MA0056 // A derived class does not override the registration of TorchSharp.
        register_module("network", network);
#pragma warning restore MA0056
        foreach (var stage in (string[])["val", "test"])
        {
            _metrics[stage] = (
                RegisterMetric($"{stage}_accuracy", Accuracy.MultiClass()), RegisterMetric($"{stage}_f1", F1Score.MultiClass(classes)));
        }
    }

    /// <inheritdoc/>
    public override OptimizerSetup ConfigureOptimizers() => _optimizer(parameters());

    /// <inheritdoc/>
    public override Tensor? TrainingStep((Tensor Inputs, Tensor Targets) batch, int batchIndex)
    {
        var loss = nn.functional.cross_entropy(Logits(batch.Inputs), batch.Targets);
        Log("train_loss", loss, progressBar: true);
        return loss;
    }

    /// <inheritdoc/>
    public override void ValidationStep((Tensor Inputs, Tensor Targets) batch, int batchIndex) => Evaluate("val", batch);

    /// <inheritdoc/>
    public override void TestStep((Tensor Inputs, Tensor Targets) batch, int batchIndex) => Evaluate("test", batch);

    /// <inheritdoc/>
    public override Tensor PredictStep((Tensor Inputs, Tensor Targets) batch, int batchIndex) => Logits(batch.Inputs).softmax(1);

    private Tensor Logits(Tensor inputs)
    {
        var logits = _network.call(inputs);
        return logits.dim() == 2 && logits.shape[1] == _classes
            ? logits
            : throw new InvalidOperationException(
                $"The network returned the shape [{string.Join(", ", logits.shape)}]; expected logits [N, {_classes}] for {_classes} "
                    + "classes. Change the outputs of its last layer, or the parameter classes.");
    }

    private void Evaluate(string stage, (Tensor Inputs, Tensor Targets) batch)
    {
        var logits = Logits(batch.Inputs);
        var (accuracy, f1) = _metrics[stage];
        accuracy.Update(logits, batch.Targets);
        f1.Update(logits, batch.Targets);
        Log($"{stage}_loss", nn.functional.cross_entropy(logits, batch.Targets), progressBar: true);
        Log($"{stage}_accuracy", accuracy, progressBar: true);
        Log($"{stage}_f1", f1);
    }
}
