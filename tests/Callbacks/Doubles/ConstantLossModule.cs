using TorchSharp.Modules;

namespace Fulgurite.Tests.Callbacks.Doubles;

/// <summary>Logs the same <c>train_loss</c> in every step.</summary>
internal sealed class ConstantLossModule : TrainingModule<Tensor>
{
    private readonly Linear _linear = nn.Linear(2, 1);

    public ConstantLossModule()
        : base(nameof(ConstantLossModule)) => RegisterComponents();

    public override OptimizerSetup ConfigureOptimizers() => optim.SGD(parameters(), 0.1);

    public override Tensor TrainingStep(Tensor batch, int batchIndex)
    {
        Log("train_loss", 1.0);
        return _linear.call(batch).sum();
    }
}
