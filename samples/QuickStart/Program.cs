using Fulgurite;
using static TorchSharp.torch;

Trainer.SeedEverything(1);
var inputs = 6 * rand(2000, 1);
var data = DataSource.FromTensors(inputs, inputs.sin(), new() { BatchSize = 50, Shuffle = true });
using var module = new SineModule();
await using var trainer = Trainer.Create(builder => builder
    .Configure(options => { options.MaxEpochs = 20; options.DefaultRootDirectory = "runs/sine"; })
    .AddAsyncCheckpointIO() // saves in the background
    .AddModelCheckpoint(options => options.SaveLast = true)
    .AddProgressView());
await trainer.FitAsync(module, data, checkpointPath: Resume.IfPossible);

internal sealed class SineModule : TrainingModule<(Tensor Inputs, Tensor Targets)>
{
    private readonly nn.Module<Tensor, Tensor> _layers = nn.Sequential(nn.Linear(1, 64), nn.Tanh(), nn.Linear(64, 1));
    public SineModule() : base("sine") => RegisterComponents();
    public override OptimizerSetup ConfigureOptimizers() => optim.Adam(parameters(), lr: 1e-2);
    public override Tensor TrainingStep((Tensor Inputs, Tensor Targets) batch, int batchIndex) =>
        nn.functional.mse_loss(_layers.call(batch.Inputs), batch.Targets);
}
