using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite.Tests.Interruptible;

/// <summary>A model with dropout that waits to be interrupted.</summary>
internal sealed class NoisyModule : TrainingModule<(Tensor Inputs, Tensor Targets)>
{
    private readonly Linear _first = nn.Linear(4, 16);
    private readonly Dropout _dropout = nn.Dropout(0.2);
    private readonly Linear _second = nn.Linear(16, 1);
    private readonly CancellationToken _stopping;
    private readonly int? _wait;
    private readonly int? _stuck;

    public NoisyModule(int? wait, int? stuck, CancellationToken stopping)
        : base(nameof(NoisyModule))
    {
        (_stopping, _wait, _stuck) = (stopping, wait, stuck);
        RegisterComponents();
    }

    /// <summary>The step at which it starts to compute and does not end; null for none.</summary>
    public int? Busy { get; init; }

    public override OptimizerSetup ConfigureOptimizers() => optim.Adam(parameters(), lr: 0.01);

    public override Tensor TrainingStep((Tensor Inputs, Tensor Targets) batch, int batchIndex)
    {
        if (GlobalStep == _wait)
        {
            Console.WriteLine("ready");
            _stopping.WaitHandle.WaitOne();
        }

        if (GlobalStep == _stuck)
        {
            Console.WriteLine("ready");
            Thread.Sleep(TimeSpan.FromMinutes(5));
        }

        if (GlobalStep == Busy)
        {
            Console.WriteLine("ready");
            while (true)
            {
                using var product = rand(256, 256).mm(rand(256, 256));
            }
        }

        return Loss(batch);
    }

    public override void ValidationStep((Tensor Inputs, Tensor Targets) batch, int batchIndex)
    {
        if (batchIndex == 1 && _wait is null)
        {
            Console.WriteLine("ready");
            _stopping.WaitHandle.WaitOne();
            Console.WriteLine($"validation batch {batchIndex}");
        }

        Log("val_loss", Loss(batch));
    }

    private Tensor Loss((Tensor Inputs, Tensor Targets) batch) =>
        nn.functional.mse_loss(_second.call(_dropout.call(nn.functional.relu(_first.call(batch.Inputs)))), batch.Targets);
}
