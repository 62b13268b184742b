using Fulgurite;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace OwnCheckpointIO;

/// <summary>Fits a line.</summary>
internal sealed class LineModule : TrainingModule<(Tensor X, Tensor Y)>
{
    private readonly Linear _line = nn.Linear(1, 1);

    public LineModule()
        : base(nameof(LineModule)) => RegisterComponents();

    public override OptimizerSetup ConfigureOptimizers() => optim.Adam(parameters(), lr: 0.1);

    public override Tensor TrainingStep((Tensor X, Tensor Y) batch, int batchIndex) => nn.functional.mse_loss(_line.call(batch.X), batch.Y);

    public override string ToString() => $"y = {_line.weight.item<float>():F2} x + {_line.bias!.item<float>():F2}";
}
