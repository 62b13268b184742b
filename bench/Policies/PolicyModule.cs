using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite.Bench.Policies;

/// <summary>
/// A multilayer perceptron with Adam whose metric is better at every validation: the most that a policy can have to save.
/// </summary>
internal sealed class PolicyModule : TrainingModule<(Tensor Inputs, Tensor Targets)>
{
    public const string Score = "val_score";

    private readonly Sequential _layers;
    private readonly bool _isFused;

    /// <param name="width">The width of the layers.</param>
    /// <param name="layers">Their number.</param>
    /// <param name="isFused">Whether it steps with <see cref="FusedAdamW"/>, whose step makes the copies of saves.</param>
    public PolicyModule(int width, int layers, bool isFused = false)
        : base(nameof(PolicyModule))
    {
        _isFused = isFused;
        _layers = nn.Sequential(Enumerable.Range(0, layers).SelectMany(layer => new (string, nn.Module<Tensor, Tensor>)[]
        {
            ($"linear{layer}", nn.Linear(width, width)),
            ($"relu{layer}", nn.ReLU()),
        }).ToArray());
        RegisterComponents();
    }

    /// <summary>How many validation batches there were.</summary>
    public int Validations { get; private set; }

    public override OptimizerSetup ConfigureOptimizers() =>
        _isFused ? new FusedAdamW(parameters(), 1e-4) : optim.Adam(parameters(), 1e-4);

    public override Tensor TrainingStep((Tensor Inputs, Tensor Targets) batch, int batchIndex) =>
        nn.functional.mse_loss(_layers.call(batch.Inputs), batch.Targets);

    public override void ValidationStep((Tensor Inputs, Tensor Targets) batch, int batchIndex) => Log(Score, ++Validations);
}
