using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite.Tests.Docs.Snippets;

/// <summary>A small model and its data, for the code of pages.</summary>
internal sealed class Toy : TrainingModule<Tensor, Tensor>
{
    private readonly Linear _layer = nn.Linear(2, 1);

    public Toy()
        : base(nameof(Toy)) => RegisterComponents();

    public static DataSource<Tensor> Data(int batches = 4) => DataSource.FromTensors(rand(2 * batches, 2), new() { BatchSize = 2 });

    public override OptimizerSetup ConfigureOptimizers() => optim.SGD(parameters(), learningRate: 0.01);

    public override Tensor TrainingStep(Tensor batch, int batchIndex)
    {
        var loss = Loss(batch);
        Log("train_loss", loss);
        return loss;
    }

    public override void ValidationStep(Tensor batch, int batchIndex) => Log("val_loss", Loss(batch));

    public override Tensor PredictStep(Tensor batch, int batchIndex) => _layer.call(batch);

    private Tensor Loss(Tensor batch) => (_layer.call(batch) - batch.sum(1, keepdim: true)).square().mean();
}
