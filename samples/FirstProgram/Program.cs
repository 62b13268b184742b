using Fulgurite;
using static TorchSharp.torch;
using Batch = (TorchSharp.torch.Tensor Points, TorchSharp.torch.Tensor Arms);

Trainer.SeedEverything(1);
var (train, validation) = (Spirals(points: 2000), Spirals(points: 500));
using var module = new SpiralClassifier();
await using var trainer = Trainer.Create(builder => builder
    .Configure(o => (o.MaxEpochs, o.DefaultRootDirectory) = (args.Length > 0 ? int.Parse(args[0]) : 20, "runs/spirals"))
    .AddAsyncCheckpointIO() // training does not wait for files
    .AddModelCheckpoint(o => (o.Monitor, o.Mode, o.SaveLast) = ("val_accuracy", MonitorMode.Max, true))
    .AddProgressView());
await trainer.FitAsync(module, train, validation, checkpointPath: Resume.IfPossible);

var predictions = await trainer.PredictAsync(module, validation, checkpointPath: "best");
Console.WriteLine($"right: {predictions.Zip(validation, (arms, batch) => (arms == batch.Arms).sum().item<long>()).Sum()} of 500");

static DataSource<Batch> Spirals(int points) // two of them, one within the other, with noise
{
    var (arms, radius) = (randint(0, 2, points), rand(points));
    var angle = (9 * radius) + (Math.PI * arms);
    var places = stack([radius * angle.cos(), radius * angle.sin()], dim: 1) + (0.02 * randn(points, 2));
    return DataSource.FromTensors(places, arms, new() { BatchSize = 50, Shuffle = true });
}

internal sealed class SpiralClassifier : TrainingModule<Batch, Tensor>
{
    private readonly nn.Module<Tensor, Tensor> _layers =
        nn.Sequential(nn.Linear(2, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 2));
    public SpiralClassifier() : base("spirals") => RegisterComponents();
    public override OptimizerSetup ConfigureOptimizers() => optim.AdamW(parameters(), lr: 3e-3);
    public override Tensor TrainingStep(Batch batch, int batchIndex) => nn.functional.cross_entropy(_layers.call(batch.Points), batch.Arms);
    public override Tensor PredictStep(Batch batch, int batchIndex) => _layers.call(batch.Points).argmax(1);
    public override void ValidationStep(Batch batch, int batchIndex) =>
        Log("val_accuracy", (PredictStep(batch, batchIndex) == batch.Arms).mean([], type: float32), progressBar: true);
}
