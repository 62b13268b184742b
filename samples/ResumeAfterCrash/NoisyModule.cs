using Fulgurite;
using Fulgurite.Schedulers;
using static TorchSharp.torch;

namespace ResumeAfterCrash;

/// <summary>A model with random numbers (dropout) and buffers (batch norm).</summary>
internal sealed class NoisyModule : TrainingModule<(Tensor Inputs, Tensor Targets)>
{
    private readonly nn.Module<Tensor, Tensor> _layers =
        nn.Sequential(nn.Linear(8, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Dropout(0.3), nn.Linear(64, 1));

    public NoisyModule()
        : base(nameof(NoisyModule)) => RegisterComponents();

    public override OptimizerSetup ConfigureOptimizers()
    {
        var adam = optim.AdamW(parameters(), lr: 0.01);
        return new OptimizerSetup(adam, new StepLR(adam, 2, 0.8));
    }

    public override Tensor TrainingStep((Tensor Inputs, Tensor Targets) batch, int batchIndex) => Loss(batch);

    public override void ValidationStep((Tensor Inputs, Tensor Targets) batch, int batchIndex) => Log("val_loss", Loss(batch));

    private Tensor Loss((Tensor Inputs, Tensor Targets) batch) => nn.functional.mse_loss(_layers.call(batch.Inputs), batch.Targets);
}
