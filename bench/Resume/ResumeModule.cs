using System.Diagnostics;
using static TorchSharp.torch;

namespace Fulgurite.Bench.Resume;

/// <summary>A module whose parameters are given tensors. Its steps do nothing with them unless it trains.</summary>
internal sealed class ResumeModule : TrainingModule<Tensor>
{
    private readonly bool _isFused;

    /// <param name="tensors">The values of the parameters; the module does not own them.</param>
    /// <param name="isFused">Whether FusedAdam optimizes all of them, which gives each parameter two tensors of state.</param>
    public ResumeModule(IReadOnlyList<Tensor> tensors, bool isFused = false)
        : base(nameof(ResumeModule))
    {
        _isFused = isFused;
        for (var index = 0; index < tensors.Count; index++)
        {
            register_parameter($"layer{index}", new TorchSharp.Modules.Parameter(tensors[index].alias()));
        }
    }

    /// <summary>Gets whether steps compute a loss of all parameters.</summary>
    public bool Trains { get; init; }

    /// <summary>Gets or sets when a checkpoint was last loaded, as a timestamp.</summary>
    public long Loaded { get; set; }

    public override void OnLoadCheckpoint(OnLoadCheckpointArguments arguments) => Loaded = Stopwatch.GetTimestamp();

    /// <remarks>SGD has one parameter only: the constructor of TorchSharp's optimizers takes time quadratic in their number.</remarks>
    public override OptimizerSetup ConfigureOptimizers() =>
        _isFused ? new FusedAdam(parameters()) : optim.SGD(parameters().Take(1), 0.1);

    public override Tensor? TrainingStep(Tensor batch, int batchIndex) =>
        Trains ? stack(parameters().Select(parameter => parameter.sum())).sum() : null;
}
