using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite.Tests.Hosting.Doubles;

/// <summary>One linear layer.</summary>
internal sealed class TinyModule : TrainingModule<(Tensor Inputs, Tensor Targets)>
{
    private readonly Linear _layer;

    public TinyModule()
        : base(nameof(TinyModule))
    {
        _layer = nn.Linear(4, 1);
        RegisterComponents();
    }

    public float[] Weights => [.. _layer.weight.detach().flatten().data<float>()];

    public static IEnumerable<(Tensor Inputs, Tensor Targets)> Data(int batches)
    {
        for (var batch = 0; batch < batches; batch++)
        {
            var random = new Random(batch);
            var inputs = Enumerable.Range(0, 32).Select(_ => (float)random.NextDouble()).ToArray();
            yield return (tensor(inputs, [8, 4]), tensor(Enumerable.Range(0, 8).Select(row => inputs[row * 4]).ToArray(), [8, 1]));
        }
    }

    public override OptimizerSetup ConfigureOptimizers() => optim.Adam(parameters(), lr: 0.01);

    public override Tensor? TrainingStep((Tensor Inputs, Tensor Targets) batch, int batchIndex) =>
        nn.functional.mse_loss(_layer.call(batch.Inputs), batch.Targets);

    public override void ValidationStep((Tensor Inputs, Tensor Targets) batch, int batchIndex) =>
        Log("val_loss", nn.functional.mse_loss(_layer.call(batch.Inputs), batch.Targets));
}
