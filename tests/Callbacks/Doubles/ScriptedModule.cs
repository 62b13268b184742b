using TorchSharp.Modules;

namespace Fulgurite.Tests.Callbacks.Doubles;

/// <summary>Logs given values of <c>val_loss</c>, one a validation.</summary>
internal sealed class ScriptedModule : TrainingModule<Tensor>
{
    private readonly Linear _linear = nn.Linear(2, 1);
    private readonly double[] _losses;
    private int _validation;

    public ScriptedModule(params double[] losses)
        : base(nameof(ScriptedModule))
    {
        _losses = losses;
        RegisterComponents();
    }

    /// <summary>Whether progress shows <c>val_loss</c>.</summary>
    public bool ShowLoss { get; init; }

    public override OptimizerSetup ConfigureOptimizers() => optim.SGD(parameters(), 0.1);

    /// <summary>Under which name a training step shows its loss; null for none.</summary>
    public string? TrainingLoss { get; init; }

    public override Tensor TrainingStep(Tensor batch, int batchIndex)
    {
        var loss = _linear.call(batch).sum();
        if (TrainingLoss is { } name)
        {
            Log(name, loss, progressBar: true);
        }

        return loss;
    }

    public override void ValidationStep(Tensor batch, int batchIndex)
    {
        if (_validation < _losses.Length)
        {
            Log("val_loss", _losses[_validation], progressBar: ShowLoss);
        }

        _validation++;
    }

    public static Tensor[] Data(int batches) => [.. Enumerable.Range(0, batches).Select(_ => ones(3, 2).DetachFromDisposeScope())];
}
