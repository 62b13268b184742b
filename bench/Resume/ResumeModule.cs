using static TorchSharp.torch;

namespace Fulgurite.Bench.Resume;

/// <summary>A module whose parameters are given tensors, and which does nothing with them.</summary>
internal sealed class ResumeModule : TrainingModule<Tensor>
{
    public ResumeModule(IReadOnlyList<Tensor> tensors)
        : base(nameof(ResumeModule))
    {
        for (var index = 0; index < tensors.Count; index++)
        {
            register_parameter($"layer{index}", new TorchSharp.Modules.Parameter(tensors[index].alias()));
        }
    }

    /// <summary>One parameter only: the constructor of TorchSharp's optimizers takes time quadratic in their number.</summary>
    public override OptimizerSetup ConfigureOptimizers() => optim.SGD(parameters().Take(1), 0.1);

    public override Tensor? TrainingStep(Tensor batch, int batchIndex) => null;
}
