using TorchSharp.Modules;

namespace Fulgurite.Tests.Callbacks.Doubles;

/// <summary>A layer with dropout, so that every step uses random numbers; logs its losses.</summary>
internal sealed class RandomModule : TrainingModule<Tensor>
{
    private readonly Linear _linear = nn.Linear(2, 4);
    private readonly Dropout _dropout = nn.Dropout(0.5);

    public RandomModule()
        : base(nameof(RandomModule)) => RegisterComponents();

    public List<double> Losses { get; } = [];

    public override OptimizerSetup ConfigureOptimizers() => optim.Adam(parameters(), 0.01);

    public override Tensor TrainingStep(Tensor batch, int batchIndex)
    {
        var loss = _dropout.call(_linear.call(batch)).square().sum();
        Losses.Add(loss.item<float>());
        Log("train_loss", loss);
        return loss;
    }

    public override void ValidationStep(Tensor batch, int batchIndex) => Log("val_loss", _linear.call(batch).square().sum());
}
