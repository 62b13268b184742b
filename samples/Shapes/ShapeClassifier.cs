using Fulgurite;
using Fulgurite.Schedulers;
using static TorchSharp.torch;

namespace Shapes;

/// <summary>A small convolutional network with batch norm and dropout.</summary>
internal sealed class ShapeClassifier : TrainingModule<ShapeBatch, Tensor>
{
    private readonly nn.Module<Tensor, Tensor> _features = nn.Sequential(
        nn.Conv2d(1, 16, kernel_size: 3, padding: 1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, kernel_size: 3, padding: 1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, kernel_size: 3, padding: 1), nn.BatchNorm2d(64), nn.ReLU());

    private readonly nn.Module<Tensor, Tensor> _head = nn.Sequential(
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.1), nn.Linear(64, 3));

    public ShapeClassifier()
        : base(nameof(ShapeClassifier)) => RegisterComponents();

    public override OptimizerSetup ConfigureOptimizers()
    {
        var sgd = optim.SGD(parameters(), learningRate: 0.1, momentum: 0.9, weight_decay: 1e-4);

        // One cycle over the whole training, for any length.
        var cycle = new OneCycleLR(sgd, maximumRate: 0.1, totalSteps: Trainer.EstimatedSteppingBatches!.Value);
        return new OptimizerSetup(sgd, new SchedulerConfiguration(cycle) { Interval = SchedulerInterval.Step });
    }

    public override Tensor TrainingStep(ShapeBatch batch, int batchIndex)
    {
        var loss = nn.functional.cross_entropy(Scores(batch), batch.Kind);
        Log("train_loss", loss);
        return loss;
    }

    public override void ValidationStep(ShapeBatch batch, int batchIndex)
    {
        // The last batch is smaller, so the mean over batches is weighted.
        var (scores, weight) = (Scores(batch), batch.Kind.shape[0]);
        Log("val_loss", nn.functional.cross_entropy(scores, batch.Kind), weight: weight);
        Log("val_accuracy", (scores.argmax(1) == batch.Kind).mean([], type: float32), progressBar: true, weight: weight);
    }

    public override Tensor PredictStep(ShapeBatch batch, int batchIndex) => Scores(batch).argmax(1);

    private Tensor Scores(ShapeBatch batch) => _head.call(_features.call(batch.Pixels.view(-1, 1, ShapeImage.Side, ShapeImage.Side)));
}
