using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite.Bench.Loop;

/// <summary>The smallest module, so that nearly all of a step is what surrounds it.</summary>
internal sealed class LoopModule : TrainingModule<(Tensor Inputs, Tensor Targets)>
{
    public const int Features = 32;
    public const int Outputs = 2;

    private readonly Linear _linear = nn.Linear(Features, Outputs);
    private readonly bool _logs;

    public LoopModule(bool logs)
        : base(nameof(LoopModule))
    {
        _logs = logs;
        RegisterComponents();
    }

    public override OptimizerSetup ConfigureOptimizers() => optim.SGD(parameters(), 0.01);

    public override Tensor TrainingStep((Tensor Inputs, Tensor Targets) batch, int batchIndex)
    {
        var loss = nn.functional.mse_loss(_linear.call(batch.Inputs), batch.Targets);
        if (_logs)
        {
            Log("train_loss", loss, progressBar: true);
        }

        return loss;
    }
}
