using TorchSharp.Modules;

namespace Fulgurite.Tests.IO.EndToEnd;

/// <summary>Two layers with a batch norm and dropout between them.</summary>
internal sealed class DropoutModule : TrainingModule<(Tensor Inputs, Tensor Targets)>
{
    private readonly Sequential _layers = nn.Sequential(
        ("first", nn.Linear(4, 16)), ("norm", nn.BatchNorm1d(16)), ("drop", nn.Dropout(0.2)), ("last", nn.Linear(16, 1)));

    public DropoutModule()
        : base(nameof(DropoutModule)) => RegisterComponents();

    public override OptimizerSetup ConfigureOptimizers() => optim.Adam(parameters(), lr: 0.01);

    public override Tensor TrainingStep((Tensor Inputs, Tensor Targets) batch, int batchIndex) =>
        nn.functional.mse_loss(_layers.call(batch.Inputs), batch.Targets);

    public override void ValidationStep((Tensor Inputs, Tensor Targets) batch, int batchIndex) =>
        Log("val_loss", nn.functional.mse_loss(_layers.call(batch.Inputs), batch.Targets));

    /// <summary>The same batches every time.</summary>
    public static IEnumerable<(Tensor Inputs, Tensor Targets)> Data(int batches)
    {
        for (var index = 0; index < batches; index++)
        {
            var random = new Random(index);
            var values = Enumerable.Range(0, 24).Select(_ => (float)random.NextDouble()).ToArray();
            yield return (tensor(values, [6, 4]), tensor(values.AsSpan(0, 6).ToArray(), [6, 1]));
        }
    }
}
