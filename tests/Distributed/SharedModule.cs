using Fulgurite.Callbacks;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite.Tests.Distributed;

/// <summary>A small network whose losses are means over the items of a batch.</summary>
internal sealed class SharedModule : TrainingModule<(Tensor Inputs, Tensor Targets)>, IHasBlocks
{
    private readonly Sequential _layers;

    /// <param name="isNoisy">Whether it has dropout and a batch norm, with which each process computes something else.</param>
    /// <param name="type">The element type.</param>
    public SharedModule(bool isNoisy, ScalarType type)
        : base(nameof(SharedModule))
    {
        _layers = isNoisy
            ? nn.Sequential(nn.Linear(6, 16), nn.BatchNorm1d(16), nn.Dropout(0.3), nn.ReLU(), nn.Linear(16, 1))
            : nn.Sequential(nn.Linear(6, 16), nn.Tanh(), nn.Linear(16, 1));
        RegisterComponents();
        this.to(type);
    }

    public IEnumerable<nn.Module<Tensor, Tensor>> Blocks => _layers.children().OfType<nn.Module<Tensor, Tensor>>();

    /// <summary>Gets or sets the code that runs in the training step with a number.</summary>
    public Action<long>? OnStep { get; set; }

    public override OptimizerSetup ConfigureOptimizers() => optim.SGD(parameters(), 0.05, momentum: 0.9);

    public override Tensor TrainingStep((Tensor Inputs, Tensor Targets) batch, int batchIndex)
    {
        OnStep?.Invoke(Trainer.GlobalStep);
        return Loss(batch);
    }

    public override void ValidationStep((Tensor Inputs, Tensor Targets) batch, int batchIndex) =>
        Log("val_loss", Loss(batch), weight: batch.Inputs.shape[0]);

    /// <summary>Changes a weight of this process alone.</summary>
    public void Drift()
    {
        using var _ = no_grad();
        using Scalar amount = 0.001;
        parameters().First().add_(amount);
    }

    private Tensor Loss((Tensor Inputs, Tensor Targets) batch) => nn.functional.mse_loss(_layers.call(batch.Inputs), batch.Targets);
}
