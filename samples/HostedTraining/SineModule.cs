using Fulgurite;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace HostedTraining;

/// <summary>Learns the sine.</summary>
internal sealed class SineModule : TrainingModule<SineBatch>
{
    private readonly Linear _first = nn.Linear(1, 32);
    private readonly Linear _second = nn.Linear(32, 1);

    public SineModule()
        : base(nameof(SineModule)) => RegisterComponents();

    public override OptimizerSetup ConfigureOptimizers() => optim.Adam(parameters(), lr: 0.01);

    public override Tensor TrainingStep(SineBatch batch, int batchIndex) => Loss(batch);

    public override void ValidationStep(SineBatch batch, int batchIndex) => Log("val_loss", Loss(batch));

    private Tensor Loss(SineBatch batch) => nn.functional.mse_loss(_second.call(nn.functional.relu(_first.call(batch.Angle))), batch.Sine);
}
