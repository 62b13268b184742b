using Fulgurite;
using static TorchSharp.torch;

namespace FirstHour;

internal sealed class WaveModel : TrainingModule<(Tensor X, Tensor Y)>
{
    private readonly nn.Module<Tensor, Tensor> _layers = nn.Sequential(nn.Linear(1, 64), nn.Tanh(), nn.Linear(64, 1));

    public WaveModel() : base("waves") => RegisterComponents();

    public override OptimizerSetup ConfigureOptimizers() => optim.Adam(parameters(), lr: 1e-2);

    public override Tensor TrainingStep((Tensor X, Tensor Y) batch, int batchIndex)
    {
        var loss = nn.functional.mse_loss(_layers.call(batch.X), batch.Y);
        Log("train_loss", loss);
        return loss;
    }

    public override void ValidationStep((Tensor X, Tensor Y) batch, int batchIndex) =>
        Log("val_loss", nn.functional.mse_loss(_layers.call(batch.X), batch.Y), progressBar: true);

    public static DataSource<(Tensor X, Tensor Y)> Data(int points)
    {
        var x = 6 * rand(points, 1);
        return DataSource.FromTensors(x, x.sin(), new() { BatchSize = 50, Shuffle = true });
    }
}
