using Fulgurite.State;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite.Tests.Loggers.Doubles;

/// <summary>One weight that learns a number; logs a loss, from the fifth step on a second metric, and a validation.</summary>
internal sealed class LoggingModule : TrainingModule<int>
{
    private readonly Linear _layer;

    public LoggingModule()
        : base(nameof(LoggingModule))
    {
        _layer = nn.Linear(1, 1);
        RegisterComponents();
        using (no_grad())
        {
            _layer.weight!.fill_(0.5);
            _layer.bias!.fill_(0);
        }
    }

    /// <summary>At which step training throws; -1 for never.</summary>
    public long ThrowAt { get; init; } = -1;

    public override StateMap? HyperParameters => new()
    {
        ["lr"] = 0.05,
        ["layers"] = 1,
        ["nested"] = new StateMap { ["name"] = "a, \"b\"", ["on"] = true },
    };

    public override OptimizerSetup ConfigureOptimizers() => optim.SGD(parameters(), 0.05);

    public override Tensor? TrainingStep(int batch, int batchIndex)
    {
        if (GlobalStep == ThrowAt)
        {
            throw new InvalidOperationException("on purpose");
        }

        using var input = full([1, 1], (float)batch);
        var loss = nn.functional.mse_loss(_layer.call(input), full([1, 1], 3.0f));
        Log("train_loss", loss);
        Log("lr", 0.05 / (GlobalStep + 1));
        if (GlobalStep >= 4)
        {
            Log("late, \"quoted\"", GlobalStep);
        }

        return loss;
    }

    public override void ValidationStep(int batch, int batchIndex)
    {
        using var input = full([1, 1], (float)batch);
        Log("val_loss", nn.functional.mse_loss(_layer.call(input), full([1, 1], 3.0f)));
    }
}
